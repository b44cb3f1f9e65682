/** CSV for exports: RFC 4180, UTF-8 with a mark, cells that a spreadsheet would run as a formula made harmless. */
const formulaStart = /^[=+\-@\t\r]/;
/** Numbers and phone numbers: arithmetic at worst, never a call. */
const plainNumber = /^[+-][\d\s().,/-]*$/;

/** @param rows - cells as text, header first. */
export function formatCsv(rows: readonly (readonly string[])[]): string {
  return `\ufeff${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

function cell(text: string): string {
  const harmless = formulaStart.test(text) && !plainNumber.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
