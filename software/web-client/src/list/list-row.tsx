import { type MouseEvent, memo } from "react";
import { navigate } from "../router/history.ts";
import { Link, opensElsewhere } from "../router/link.tsx";
import { recordUrl } from "../router/routes.ts";
import type { Row } from "../wire/values.ts";
import { CellContent } from "./cell.tsx";
import { type Column, isNumeric } from "./list-state.ts";

interface ListRowProps {
  readonly model: string;
  readonly row: Row;
  /** Position in the whole list, from 0. */
  readonly index: number;
  readonly columns: readonly Column[];
  readonly selected: boolean;
  readonly onSelect: (row: Row, index: number, range: boolean) => void;
}

/** One record as a row: a click anywhere opens it, the name is a real link. */
export const ListRow = memo(function ListRow({
  model,
  row,
  index,
  columns,
  selected,
  onSelect,
}: ListRowProps) {
  const url = recordUrl(model, row.id);
  const open = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    if (target.closest("a, button, input") || opensElsewhere(event) || String(getSelection()) !== "") return;
    void navigate(url);
  };
  const [first, ...others] = columns;
  return (
    <tr
      className={`list-row ${selected ? "selected" : ""}`}
      aria-rowindex={index + 2}
      onClick={open}
      data-row={index}
    >
      <td className="list-check">
        <RowCheck
          row={row}
          index={index}
          selected={selected}
          onSelect={onSelect}
          label={nameOf(row, first)}
        />
      </td>
      {first ? (
        <td className="list-cell first">
          <Link to={url}>
            <CellContent column={first} row={row} />
            {nameOf(row, first) === "" ? <span className="unseen">Record {row.id}</span> : null}
          </Link>
        </td>
      ) : null}
      {others.map((column) => (
        <td key={column.field.name} className={`list-cell ${isNumeric(column.field) ? "number" : ""}`}>
          <CellContent column={column} row={row} />
        </td>
      ))}
    </tr>
  );
});

/** The same record as a card, on phones: its name, then what the first columns say. */
export const ListCard = memo(function ListCard({
  model,
  row,
  index,
  columns,
  selected,
  onSelect,
}: ListRowProps) {
  const [first, ...others] = columns;
  const badge = others.find((column) => column.field.type === "selection");
  const amount = others.find((column) => column.as === "money");
  const lines = cardLines(others.filter((column) => column !== badge && column !== amount));
  if (!first) return null;
  return (
    <tr className={`list-card ${selected ? "selected" : ""}`} aria-rowindex={index + 2} data-row={index}>
      <td className="list-check">
        <RowCheck
          row={row}
          index={index}
          selected={selected}
          onSelect={onSelect}
          label={nameOf(row, first)}
        />
      </td>
      <td>
        <Link to={recordUrl(model, row.id)} className="card-link">
          <span className="card-line">
            <span className="card-name">
              <CellContent column={first} row={row} />
            </span>
            {amount ? <CellContent column={amount} row={row} /> : null}
          </span>
          <span className="card-line soft">
            <span className="card-more">
              {lines.map((column) => (
                <CellContent key={column.field.name} column={column} row={row} named />
              ))}
            </span>
            {badge ? <CellContent column={badge} row={row} /> : null}
          </span>
        </Link>
      </td>
    </tr>
  );
});

/** What fits a phone beside the name. One moment alone: without headings nobody could tell a second one from it. */
function cardLines(columns: readonly Column[]): readonly Column[] {
  const isMoment = ({ field }: Column): boolean => field.type === "datetime";
  const moment = columns.find(isMoment);
  return columns
    .filter((column) => column.field.type !== "many2many" && (!isMoment(column) || column === moment))
    .slice(0, 2);
}

function RowCheck({
  row,
  index,
  selected,
  onSelect,
  label,
}: Omit<ListRowProps, "model" | "columns"> & { readonly label: string }) {
  return (
    <label className="check-target">
      <input
        type="checkbox"
        className="check"
        aria-label={`Select ${label || `record ${row.id}`}`}
        checked={selected}
        onChange={(event) =>
          onSelect(row, index, (event.nativeEvent as unknown as { shiftKey?: boolean }).shiftKey === true)
        }
      />
    </label>
  );
}

function nameOf(row: Row, column: Column | undefined): string {
  const value = column ? row[column.field.name] : null;
  return typeof value === "string" ? value : "";
}
