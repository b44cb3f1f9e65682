/** The mark: a horn cleat, what one makes a line fast to. */
export function Logo({ size = 24 }: { readonly size?: number }) {
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect className="logo-ground" width="32" height="32" rx="8" />
      <g className="logo-line" fill="none" strokeWidth="2.75" strokeLinecap="round" strokeLinejoin="round">
        <path d="M4.9 9.6c4.4.2 4.7 3.9 8.3 3.9h5.6c3.6 0 3.9-3.7 8.3-3.9" />
        <path d="M12.6 13.5v8.9M19.4 13.5v8.9M8.6 22.4h14.8" />
      </g>
    </svg>
  );
}
