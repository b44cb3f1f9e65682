import type { Column } from "./list-state.ts";

/** The shape of a row that is on its way. */
export function SkeletonRow({
  columns,
  cards,
  index,
}: {
  readonly columns: readonly Column[];
  readonly cards: boolean;
  readonly index: number;
}) {
  const width = (column: number) => `${40 + ((index * 7 + column * 13) % 40)}%`;
  if (cards) {
    return (
      <tr className="list-card" aria-hidden>
        <td className="list-check" />
        <td className="card-link">
          <span className="skeleton" style={{ width: width(0) }} />
          <span className="skeleton" style={{ width: width(1), marginTop: 10 }} />
        </td>
      </tr>
    );
  }
  return (
    <tr className="list-row" aria-hidden>
      <td className="list-check" />
      {columns.map((column, at) => (
        <td key={column.field.name} className="list-cell">
          <span className="skeleton" style={{ width: width(at) }} />
        </td>
      ))}
    </tr>
  );
}
