/** A way to lose a right, and what it leaves alone, each with the reason. */
export interface Loss {
  readonly name: string;
  readonly stays: Readonly<Record<string, string>>;
}

/** What was seen of one cell. */
export interface Measured {
  readonly loss: string;
  readonly way: string;
  readonly opens: boolean;
}

/** The matrix as a page: what was measured, and why what stays does. */
export function lossText(losses: readonly Loss[], measured: readonly Measured[]): string {
  const ways = [...new Set(measured.map(({ way }) => way))];
  const names = losses.map(({ name }) => name);
  const cell = (way: string, loss: string) =>
    measured.some((one) => one.way === way && one.loss === loss && one.opens) ? "stays" : "**dead**";
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const reasons = losses.flatMap(({ name, stays }) =>
    Object.entries(stays).map(([way, why]) => `- ${way}, ${name}: ${why}.`),
  );
  return `# What is left of a right that was lost

Measured by \`software/server/src/loss-of-right.test.ts\` on a running server, which writes this page. "Dead": refused at
the next request on every worker, and what was open or running is ended within a second, its transaction undone.

A link to a record is one that shows a quotation, accepts it, only shares it, or ends mails: it is the record's, whoever
sent it, and is listed and revoked on the record's Links page.

${row(["", ...names])}
${row(["---", ...names.map(() => "---")])}
${ways.map((way) => row([way, ...names.map((loss) => cell(way, loss))])).join("\n")}

What stays, and why:

${reasons.join("\n")}
`;
}
