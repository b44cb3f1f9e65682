import type { Bound, Figure } from "./benchmark.ts";

/** What one benchmark gave; the headline's values stand at the top, for programs that read one line. */
export function jsonReport(name: string, figures: readonly Figure[]): string {
  const [headline] = figures;
  return JSON.stringify({
    name,
    ours: headline?.ours ?? null,
    reference: headline?.reference?.value ?? null,
    ratio: headline?.ratio ?? null,
    unit: headline?.unit ?? "",
    holds: figures.every((figure) => figure.holds),
    figures,
  });
}

/** The same for people: a line a figure. */
export function textReport(name: string, figures: readonly Figure[]): string {
  return [`${name}:`, ...figures.map((figure) => `  ${lineOf(figure)}`)].join("\n");
}

function lineOf({ name, unit, ours, reference, ratio, bound, holds, rounds }: Figure): string {
  const against = reference === null ? "" : ` · ${reference.name} ${shown(reference.value)} ${unit}`;
  const asked = bound === null ? "" : `, has to be ${words(bound)}`;
  const judged = bound === null ? "·" : holds ? "✔" : "✖";
  const amount = `${name}: ${shown(ours)} ${unit}${against}`;
  return `${judged} ${amount}${ratio === null ? asked : ` · ratio ${ratio.toFixed(2)}${asked}`} (median of ${rounds})`;
}

function words(bound: Bound): string {
  return "atLeast" in bound ? `at least ${bound.atLeast}` : `at most ${bound.atMost}`;
}

function shown(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}
