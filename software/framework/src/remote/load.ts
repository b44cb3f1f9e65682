import { listedRows } from "../import/row-source.ts";
import { runImport } from "../import/run-import.ts";
import type { OwnTransactions } from "./standard-method.ts";

/**
 * `load`: imports a table, all or nothing. Rows in messages are counted from 0 here, as existing clients expect.
 *
 * @returns `{ ids, messages, nextrow }`; `ids` is false when nothing went in.
 */
export async function loadRows(
  { data, actor, model }: OwnTransactions,
  input: { readonly fields: readonly string[]; readonly data: readonly (readonly unknown[])[] },
): Promise<unknown> {
  const source = listedRows(input.data, cellText);
  const result = await runImport(data, actor, { model, fields: input.fields, source, mode: "all" });
  const messages = result.messages.map(({ type, row, field, message }) => {
    const record = Math.max(0, row - 1);
    return { type, message, record, rows: { from: record, to: record }, ...(field === "" ? {} : { field }) };
  });
  const refused = messages.some(({ type }) => type === "error");
  return { ids: refused ? false : result.ids, messages, nextrow: 0 };
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined || cell === false) return "";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}
