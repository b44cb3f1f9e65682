import { useQuery } from "@tanstack/react-query";
import { locale } from "../frame/app-context.ts";
import { callMethod } from "../wire/call.ts";
import type { Domain, FieldDescriptions } from "../wire/shapes.ts";
import type { Column } from "./list-state.ts";
import { sumsToAsk, sumText } from "./sums.ts";

interface ListFootProps {
  readonly model: string;
  readonly domain: Domain;
  readonly fields: FieldDescriptions;
  readonly columns: readonly Column[];
}

/** The sums of the whole search, not only of the rows in sight, each currency by itself. Nothing when no column asks for one. */
export function ListFoot({ model, domain, fields, columns }: ListFootProps) {
  const sums = sumsToAsk(columns, fields);
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
            {column.sum ? sumText(column.field, data[column.field.name], locale) : null}
          </td>
        ))}
      </tr>
    </tfoot>
  );
}
