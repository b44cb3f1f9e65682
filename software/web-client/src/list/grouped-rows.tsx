import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { formatCount } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import { Button } from "../ui/button.tsx";
import { groupsQuery, rowsQuery } from "../wire/queries.ts";
import type { RowsProps } from "./flat-rows.tsx";
import { useSelecting } from "./flat-rows.tsx";
import { type RowGroup, readGroups } from "./groups.ts";
import { ListCard, ListRow } from "./list-row.tsx";
import { fieldsToRead } from "./list-state.ts";
import { isSelected } from "./selected.ts";
import { SkeletonRow } from "./skeleton-row.tsx";
import { sumsToAsk, sumText } from "./sums.ts";
import { pageRows } from "./window.ts";

interface GroupedRowsProps extends RowsProps {
  readonly groupBy: readonly string[];
  readonly level?: number;
}

/** Groups with counts and sums, folded until opened; below them more groups or their rows. */
export function GroupedRows({ groupBy, level = 0, ...rows }: GroupedRowsProps) {
  const [by = "", ...rest] = groupBy;
  const { model, columns, domain } = rows;
  const sums = sumsToAsk(columns, model.fields);
  const { data, isPending } = useQuery(groupsQuery(model.model, domain, by, sums));
  if (isPending) return <SkeletonBody {...rows} />;
  const groups = readGroups(data ?? [], { groupBy: by, fields: model.fields, sums, domain, locale });
  return groups.map((group) => (
    <GroupSection key={group.key} {...rows} group={group} rest={rest} level={level} />
  ));
}

interface GroupSectionProps extends RowsProps {
  readonly group: RowGroup;
  readonly rest: readonly string[];
  readonly level: number;
}

function GroupSection({ group, rest, level, ...rows }: GroupSectionProps) {
  const [open, setOpen] = useState(false);
  const inner = { ...rows, domain: group.domain };
  return (
    <>
      <tbody className="group">
        <tr className={`group-row level-${level}`}>
          <th className="group-head" scope="rowgroup" colSpan={2}>
            <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
              <ChevronRight className="icon" aria-hidden />
              <span className="cut">{group.label}</span>
              <span className="group-count numeric">{formatCount(group.count, locale)}</span>
            </button>
          </th>
          {rows.columns.slice(1).map((column) => (
            <td key={column.field.name} className="list-cell number numeric">
              {column.sum ? sumText(column.field, group.sums[column.field.name], locale) : null}
            </td>
          ))}
        </tr>
      </tbody>
      {open && rest.length > 0 ? <GroupedRows {...inner} groupBy={rest} level={level + 1} /> : null}
      {open && rest.length === 0 ? <GroupRows {...inner} count={group.count} /> : null}
    </>
  );
}

/** The rows of one group, eighty at a time. */
function GroupRows({ count, ...rows }: RowsProps & { readonly count: number }) {
  const [limit, setLimit] = useState(pageRows);
  const { model, columns, domain, order, cards, selected, onSelected } = rows;
  const fields = fieldsToRead(columns, model.fields);
  const { data, isPending, isFetching } = useQuery({
    ...rowsQuery({ model: model.model, domain, fields, order, offset: 0, limit }, model.fields),
    placeholderData: (previous) => previous,
  });
  const select = useSelecting((index) => data?.[index], onSelected);
  if (isPending) return <SkeletonBody {...rows} count={Math.min(count, 3)} />;
  const RowOrCard = cards ? ListCard : ListRow;
  return (
    <tbody>
      {(data ?? []).map((row, index) => (
        <RowOrCard
          key={row.id}
          model={model.model}
          row={row}
          index={index}
          columns={columns}
          selected={isSelected(selected, row.id)}
          onSelect={select}
        />
      ))}
      {count > limit ? (
        <tr className="more-row">
          <td colSpan={columns.length + 1}>
            <Button small isDisabled={isFetching} onPress={() => setLimit(limit + pageRows)}>
              Show {formatCount(Math.min(pageRows, count - limit), locale)} more of{" "}
              {formatCount(count, locale)}
            </Button>
          </td>
        </tr>
      ) : null}
    </tbody>
  );
}

function SkeletonBody({
  columns,
  cards,
  count = 6,
}: Pick<RowsProps, "columns" | "cards"> & { readonly count?: number }) {
  const rows = Array.from({ length: count }, (_, index) => index);
  return (
    <tbody>
      {rows.map((row) => (
        <SkeletonRow key={row} columns={columns} cards={cards} index={row} />
      ))}
    </tbody>
  );
}
