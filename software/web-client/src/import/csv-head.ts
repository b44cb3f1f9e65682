import { folded } from "../search/suggest.ts";
import type { FieldDescription, FieldDescriptions } from "../wire/shapes.ts";

/** The first rows of a CSV file, read in the browser to choose columns; the server reads the file itself. */
export interface CsvHead {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Rows of the preview. */
export const previewRows = 5;
/** Most bytes of the file that are read for the preview. */
export const previewBytes = 262_144;

/**
 * Reads header and first rows. A row that the cut at {@link previewBytes} may have broken is left out.
 *
 * @param complete - the text is the whole file.
 */
export function readCsvHead(text: string, complete: boolean): CsvHead {
  const all = parseRows(text.replace(/^\ufeff/, ""), separatorOf(text), previewRows + 2);
  const whole = complete || all.length > previewRows + 1 ? all : all.slice(0, -1);
  const [header = [], ...rows] = whole;
  return { header: header.map((name) => name.trim()), rows: rows.slice(0, previewRows) };
}

/** The field that each column most likely means; null where none fits. No field is chosen twice. */
export function guessMapping(header: readonly string[], fields: FieldDescriptions): (string | null)[] {
  const open = new Map(importableFields(fields).map((field) => [field.name, field]));
  return header.map((title) => {
    const found = [...open.values()].find((field) => names(field).includes(plain(title)));
    if (found) open.delete(found.name);
    return found?.name ?? null;
  });
}

/** Fields that a column can go to, by label. */
export function importableFields(fields: FieldDescriptions): FieldDescription[] {
  const writable = Object.values(fields).filter(
    (field) => !field.readonly && field.type !== "one2many" && field.name !== "id",
  );
  return writable.toSorted((left, right) => left.string.localeCompare(right.string));
}

function names(field: FieldDescription): string[] {
  return [plain(field.name), plain(field.string), plain(field.name.replace(/_ids?$/, ""))];
}

function plain(title: string): string {
  return folded(title.split("/")[0] ?? "").replace(/[^a-z0-9]+/g, "");
}

function separatorOf(text: string): string {
  const line = text.slice(0, text.search(/\r?\n|$/));
  return (
    [",", ";", "\t"].toSorted((left, right) => line.split(right).length - line.split(left).length)[0] ?? ","
  );
}

function parseRows(text: string, separator: string, most: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || cell !== "") rows.push(row);
    row = [];
    cell = "";
  };
  const endCell = () => {
    row.push(cell);
    cell = "";
  };
  for (let at = 0; at < text.length && rows.length < most; at += 1) {
    const letter = text[at] as string;
    if (quoted && letter === '"' && text[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (quoted) {
      if (letter === '"') quoted = false;
      else cell += letter;
    } else if (letter === '"' && cell === "") quoted = true;
    else if (letter === separator) endCell();
    else if (letter === "\n") endRow();
    else if (letter !== "\r") cell += letter;
  }
  if (rows.length < most && (cell !== "" || row.length > 0)) endRow();
  return rows;
}
