import type { ReactNode, RefObject } from "react";
import { Popover } from "react-aria-components/Popover";

interface OptionListProps<T> {
  readonly label: string;
  /** What it hangs below. */
  readonly anchor: RefObject<HTMLElement | null>;
  readonly open: boolean;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  /** Of `useCombobox`. */
  readonly listProps: (label: string) => object;
  readonly optionProps: (index: number) => object;
  readonly className?: string;
  /** Said in place of options. */
  readonly empty?: string;
  readonly children: (item: T) => ReactNode;
}

/** The options below an input that keeps the focus; see `useCombobox`. */
export function OptionList<T>(props: OptionListProps<T>) {
  const {
    label,
    anchor,
    open,
    items,
    keyOf,
    listProps,
    optionProps,
    className = "",
    empty,
    children,
  } = props;
  const layer = document.getElementById(layerId);
  return (
    <Popover
      className={`popover ${className}`}
      isNonModal
      isOpen={open && (items.length > 0 || empty !== undefined)}
      triggerRef={anchor}
      placement="bottom start"
      offset={4}
      {...(layer ? { UNSTABLE_portalContainer: layer } : {})}
    >
      {items.length === 0 ? <p className="offer-none">{empty}</p> : null}
      <div {...listProps(label)}>
        {items.map((item, index) => (
          <div key={keyOf(item)} {...optionProps(index)} className="option">
            {children(item)}
          </div>
        ))}
      </div>
    </Popover>
  );
}

const layerId = "option-layer";

/** Where option lists are drawn: over everything, yet within a landmark of the page. */
export function OptionLayer() {
  return <section id={layerId} aria-label="Suggestions" />;
}
