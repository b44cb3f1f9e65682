import type { MouseEvent, ReactNode } from "react";
import { navigate } from "./history.ts";

interface LinkProps {
  readonly to: string;
  readonly trail?: "push" | "keep" | "reset";
  readonly className?: string;
  readonly current?: boolean;
  readonly title?: string;
  readonly label?: string;
  readonly tabIndex?: number;
  readonly onFollow?: () => void;
  readonly children: ReactNode;
}

/** A real link, so that middle click, copy and Ctrl-click do what they do everywhere. */
export function Link({
  to,
  trail,
  className,
  current,
  title,
  label,
  tabIndex,
  onFollow,
  children,
}: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (opensElsewhere(event)) return;
    onFollow?.();
    // Pages that the server draws are not the client's to show.
    if (!/^\/web(?:[/?#]|$)/.test(to)) return;
    event.preventDefault();
    void navigate(to, trail ? { trail } : {});
  };
  return (
    <a
      href={to}
      className={className}
      aria-current={current ? "page" : undefined}
      title={title}
      aria-label={label}
      tabIndex={tabIndex}
      onClick={follow}
    >
      {children}
    </a>
  );
}

/** A click that the browser takes: another button, or a key that means a new tab or window. */
export function opensElsewhere(event: MouseEvent): boolean {
  return event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
}
