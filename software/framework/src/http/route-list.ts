import type { Route } from "./route.ts";

/**
 * The route table as text, one row a line: what answers, for whom, and how it is guarded. Kept in docs/ as a
 * golden file, so that a new door or a weaker guard is seen in review.
 */
export function routeList(routes: readonly Route[]): string {
  const rows = routes.map((route) => [
    route.method,
    route.path,
    route.who === "link" ? `link ${route.linkPurpose}` : route.who,
    `csrf ${route.csrf}`,
    route.body === "none" ? "no body" : `${route.body} ${sizeOf(route.bodyLimitBytes)}`,
    route.summary,
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column < widths.length ? cell.padEnd(widths[column] ?? 0) : cell)).join("  ");
  return `${rows.toSorted(byPath).map(line).join("\n")}\n`;
}

function byPath(one: readonly string[], other: readonly string[]): number {
  const key = (row: readonly string[]) => `${row[1]} ${row[0]}`;
  return key(one) < key(other) ? -1 : 1;
}

function sizeOf(bytes: number): string {
  if (bytes >= 1_048_576) return `${Math.round(bytes / 1_048_576)} MiB`;
  return `${Math.round(bytes / 1_024)} KiB`;
}
