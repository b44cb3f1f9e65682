import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { type MouseEvent, type RefObject, useCallback, useRef } from "react";
import { rowsQuery } from "../wire/queries.ts";
import type { Domain, ModelDescription } from "../wire/shapes.ts";
import type { Row } from "../wire/values.ts";
import { ListCard, ListRow } from "./list-row.tsx";
import { type Column, fieldsToRead } from "./list-state.ts";
import { listPosition } from "./pager.ts";
import { addRows, isSelected, type Selected, toggleRow } from "./selected.ts";
import { SkeletonRow } from "./skeleton-row.tsx";
import { useWindow } from "./use-window.ts";
import { pageRows, pagesOf } from "./window.ts";

export interface RowsProps {
  readonly model: ModelDescription;
  readonly columns: readonly Column[];
  readonly domain: Domain;
  readonly order: string;
  readonly cards: boolean;
  readonly rowHeight: number;
  readonly selected: Selected;
  readonly onSelected: (change: (selected: Selected) => Selected) => void;
}

interface FlatRowsProps extends RowsProps {
  readonly count: number;
  readonly scroller: RefObject<HTMLElement | null>;
  readonly height: number;
}

/** All records of the search as one long list: only the rows in sight are drawn and asked for. */
export function FlatRows({
  model,
  columns,
  domain,
  order,
  count,
  cards,
  rowHeight,
  selected,
  onSelected,
  scroller,
  height,
}: FlatRowsProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const window = useWindow({ scroller, body, count, rowHeight, height });
  const fields = fieldsToRead(columns, model.fields);
  const pages = pagesOf(window);
  const loaded = useQueries({
    queries: pages.map((page) => ({
      ...rowsQuery(
        { model: model.model, domain, fields, order, offset: page * pageRows, limit: pageRows },
        model.fields,
      ),
      placeholderData: keepPreviousData,
    })),
    combine: (results) => new Map(results.map((result, index) => [pages[index] ?? 0, result.data])),
  });
  const rowAt = (index: number): Row | undefined =>
    loaded.get(Math.floor(index / pageRows))?.[index % pageRows];
  const select = useSelecting(rowAt, onSelected);
  const RowOrCard = cards ? ListCard : ListRow;
  const remember = (event: MouseEvent) => {
    const index = Number(
      (event.target as HTMLElement).closest("[data-row]")?.getAttribute("data-row") ?? Number.NaN,
    );
    const id = rowAt(index)?.id;
    if (id !== undefined) listPosition.set({ model: model.model, domain, order, total: count, index, id });
  };
  const indexes = Array.from(
    { length: Math.max(window.end - window.first, 0) },
    (_, offset) => window.first + offset,
  );
  return (
    <tbody
      ref={body}
      onClickCapture={remember}
      style={{ paddingTop: window.first * rowHeight, paddingBottom: (count - window.end) * rowHeight }}
    >
      {indexes.map((index) => {
        const row = rowAt(index);
        if (!row) return <SkeletonRow key={index} columns={columns} cards={cards} index={index} />;
        return (
          <RowOrCard
            key={index}
            model={model.model}
            row={row}
            index={index}
            columns={columns}
            selected={isSelected(selected, row.id)}
            onSelect={select}
          />
        );
      })}
    </tbody>
  );
}

/** Selecting with one stable function, so that rows need no redraw; Shift selects everything between. */
export function useSelecting(rowAt: (index: number) => Row | undefined, onSelected: RowsProps["onSelected"]) {
  const last = useRef<number | null>(null);
  const current = useRef(rowAt);
  current.current = rowAt;
  return useCallback(
    (row: Row, index: number, range: boolean) => {
      const from = last.current;
      last.current = index;
      if (!range || from === null) return onSelected((selected) => toggleRow(selected, row.id));
      const [low, high] = from < index ? [from, index] : [index, from];
      const between = Array.from(
        { length: high - low + 1 },
        (_, offset) => current.current(low + offset)?.id,
      );
      onSelected((selected) =>
        addRows(
          selected,
          between.filter((id) => id !== undefined),
        ),
      );
    },
    [onSelected],
  );
}
