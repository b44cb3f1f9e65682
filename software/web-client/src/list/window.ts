/** Which rows of a long list are drawn: only those in sight, and some above and below. */
export interface RowWindow {
  /** First row drawn. */
  readonly first: number;
  /** The row after the last one drawn. */
  readonly end: number;
}

/** Rows asked for at once. */
export const pageRows = 80;
/** Rows drawn above and below what is in sight, so that fast scrolling shows no gap. */
export const overscanRows = 12;

/**
 * @param view - pixels: `top` of the sight measured from the first row's top, its `height`, and a row's.
 */
export function rowWindow(
  count: number,
  view: { top: number; height: number; rowHeight: number },
): RowWindow {
  const first = Math.floor(Math.max(view.top, 0) / view.rowHeight) - overscanRows;
  const shown = Math.ceil(view.height / view.rowHeight) + 2 * overscanRows;
  const start = Math.min(Math.max(first, 0), Math.max(count - 1, 0));
  return { first: start, end: Math.min(start + shown, count) };
}

/** Numbers of the pages that hold the rows of a window. */
export function pagesOf(window: RowWindow): number[] {
  if (window.end <= window.first) return [];
  const first = Math.floor(window.first / pageRows);
  const last = Math.floor((window.end - 1) / pageRows);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
