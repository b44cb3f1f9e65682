import { formatCsv } from "../list/csv.ts";
import { allColumns, listViewOf } from "../list/list-state.ts";
import { showFailure, showToast } from "../ui/toasts.ts";
import { callMethod } from "../wire/call.ts";
import type { Domain, ModelDescription } from "../wire/shapes.ts";

/** Rows asked for at once, and most rows of one file. */
const batchRows = 1_000;
const maxRows = 50_000;

/** Saves everything that a search finds as CSV, with the columns of the list. The server checks the right to export. */
export async function exportRecords(model: ModelDescription, domain: Domain): Promise<void> {
  const columns = allColumns(listViewOf(model), model.fields);
  const fields = columns.map((column) => column.field.name);
  const rows: string[][] = [columns.map((column) => column.label)];
  try {
    for (let offset = 0; offset < maxRows; offset += batchRows) {
      const ids = await idsOf(model.model, domain, offset);
      if (ids.length > 0) rows.push(...(await exportedRows(model.model, ids, fields)));
      if (ids.length < batchRows) break;
    }
    saveFile(`${model.model}.csv`, formatCsv(rows), "text/csv;charset=utf-8");
    showToast({ message: `${(rows.length - 1).toLocaleString()} records exported.`, level: "success" });
  } catch (error) {
    showFailure(error);
  }
}

/** Gives the browser a file to save. */
export function saveFile(name: string, content: string, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}

async function idsOf(model: string, domain: Domain, offset: number): Promise<number[]> {
  return (await callMethod(model, "search", {
    args: [domain],
    kwargs: { offset, limit: batchRows },
  })) as number[];
}

async function exportedRows(
  model: string,
  ids: readonly number[],
  fields: readonly string[],
): Promise<string[][]> {
  const { datas } = (await callMethod(model, "export_data", { args: [ids, fields] })) as {
    datas: unknown[][];
  };
  return datas.map((row) => row.map((cell) => (cell === false || cell === null ? "" : String(cell))));
}
