import { useQuery } from "@tanstack/react-query";
import { formatMoney, formatValue } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import { callMethod } from "../wire/call.ts";
import type { Domain } from "../wire/shapes.ts";
import type { Column } from "./list-state.ts";

interface ListFootProps {
  readonly model: string;
  readonly domain: Domain;
  readonly columns: readonly Column[];
}

/** The sums of the whole search, not only of the rows in sight. Nothing when no column asks for one. */
export function ListFoot({ model, domain, columns }: ListFootProps) {
  const sums = columns.filter((column) => column.sum).map((column) => column.field.name);
  const { data } = useQuery({
    queryKey: ["groups", model, { domain, sums, total: true }],
    enabled: sums.length > 0,
    queryFn: async ({ signal }) => {
      const kwargs = { domain, fields: sums, groupby: [], lazy: false };
      const groups = await callMethod(model, "read_group", { kwargs, signal });
      return (groups as Record<string, unknown>[])[0] ?? {};
    },
  });
  if (sums.length === 0 || !data) return null;
  return (
    <tfoot>
      <tr className="list-foot">
        <td className="list-check" />
        {columns.map((column, index) => (
          <td key={column.field.name} className="list-cell number numeric">
            {index === 0 ? <span className="soft foot-label">Total</span> : null}
            {column.sum ? sumText(column, data[column.field.name] ?? data[`${column.field.name}:sum`]) : null}
          </td>
        ))}
      </tr>
    </tfoot>
  );
}

function sumText(column: Column, sum: unknown): string {
  const text = sum === false || sum === null || sum === undefined ? "0" : String(sum);
  return column.field.type === "monetary"
    ? formatMoney(text, locale)
    : formatValue(column.field, text, locale);
}
