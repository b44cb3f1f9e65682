import { ArrowDown, ArrowUp } from "lucide-react";
import type { Search } from "../search/facet.ts";
import { type Column, isNumeric } from "./list-state.ts";

interface ListHeadProps {
  readonly columns: readonly Column[];
  readonly search: Search;
  readonly onSort: (field: string) => void;
  /** null: some. */
  readonly allChecked: boolean | null;
  readonly onCheckAll: (checked: boolean) => void;
}

/** Column names; a click sorts up, down, and not at all. */
export function ListHead({ columns, search, onSort, allChecked, onCheckAll }: ListHeadProps) {
  return (
    <thead>
      <tr className="list-head">
        <th className="list-check" scope="col">
          <label className="check-target">
            <input
              type="checkbox"
              className="check"
              aria-label="Select all"
              checked={allChecked === true}
              ref={(input) => {
                if (input) input.indeterminate = allChecked === null;
              }}
              onChange={(event) => onCheckAll(event.target.checked)}
            />
          </label>
        </th>
        {columns.map((column) => (
          <HeadCell key={column.field.name} column={column} sort={search.sort} onSort={onSort} />
        ))}
      </tr>
    </thead>
  );
}

function HeadCell({
  column,
  sort,
  onSort,
}: {
  readonly column: Column;
  readonly sort: string;
  readonly onSort: (field: string) => void;
}) {
  const { field } = column;
  const [name, direction] = sort.split(" ");
  const sorted = name === field.name ? (direction === "desc" ? "descending" : "ascending") : undefined;
  const sortable = field.sortable !== false && field.type !== "one2many" && field.type !== "many2many";
  const Arrow = sorted === "descending" ? ArrowDown : ArrowUp;
  return (
    <th scope="col" className={`list-cell ${isNumeric(field) ? "number" : ""}`} aria-sort={sorted}>
      {sortable ? (
        <button type="button" onClick={() => onSort(field.name)}>
          <span className="cut">{column.label}</span>
          {sorted ? <Arrow className="icon" aria-hidden /> : null}
        </button>
      ) : (
        <span className="cut">{column.label}</span>
      )}
    </th>
  );
}
