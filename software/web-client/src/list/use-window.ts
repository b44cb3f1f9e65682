import { type RefObject, useLayoutEffect, useState } from "react";
import { type RowWindow, rowWindow } from "./window.ts";

interface Options {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly body: RefObject<HTMLElement | null>;
  readonly count: number;
  readonly rowHeight: number;
  /** Of the scroller; a change draws anew. */
  readonly height: number;
}

/** The rows to draw while the list scrolls; changes only when another row comes into sight. */
export function useWindow({ scroller, body, count, rowHeight, height }: Options): RowWindow {
  const [window, setWindow] = useState<RowWindow>(() => rowWindow(count, { top: 0, height: 900, rowHeight }));
  useLayoutEffect(() => {
    const view = scroller.current;
    if (!view) return;
    let frame = 0;
    const measure = () => {
      frame = 0;
      const top = view.scrollTop - (body.current?.offsetTop ?? 0);
      const next = rowWindow(count, { top, height: height || 900, rowHeight });
      setWindow((last) => (Math.abs(last.first - next.first) < 4 && last.end === next.end ? last : next));
    };
    const onScroll = () => {
      if (frame === 0) frame = requestAnimationFrame(measure);
    };
    measure();
    view.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      view.removeEventListener("scroll", onScroll);
    };
  }, [scroller, body, count, rowHeight, height]);
  return { first: Math.min(window.first, Math.max(count - 1, 0)), end: Math.min(window.end, count) };
}
