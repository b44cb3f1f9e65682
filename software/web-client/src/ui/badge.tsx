import { tone } from "./tone.ts";

/** A selection's value as a coloured chip. */
export function Badge({ value, label }: { readonly value: string; readonly label: string }) {
  return <span className={`badge ${tone(value)}`}>{label}</span>;
}

/** A tag: no dot, colour by its words. */
export function Tag({ label }: { readonly label: string }) {
  return <span className={`badge plain ${tone(label, "always")}`}>{label}</span>;
}

/** The initials of a name on its own colour; only decoration, the name stands beside it. */
export function Avatar({
  name,
  square,
  large,
}: {
  readonly name: string;
  readonly square?: boolean;
  readonly large?: boolean;
}) {
  const words = name.split(/[\s.,'-]+/).filter(Boolean);
  const initials = words
    .slice(0, 2)
    .map((word) => [...word][0] ?? "")
    .join("")
    .toUpperCase();
  return (
    <span
      aria-hidden
      className={`avatar ${square ? "square" : ""} ${large ? "large" : ""} ${tone(name, "always")}`}
    >
      {initials || "?"}
    </span>
  );
}
