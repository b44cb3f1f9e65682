import type { ReactNode, RefObject } from "react";
import { Popover } from "react-aria-components/Popover";

interface OptionListProps<T> {
  readonly label: string;
  /** What it hangs below. */
  readonly anchor: RefObject<HTMLElement | null>;
  readonly open: boolean;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly listProps: { readonly id: string; readonly role: string };
  readonly optionProps: (index: number) => object;
  readonly onChoose: (item: T) => void;
  readonly className?: string;
  /** Said in place of options. */
  readonly empty?: string;
  readonly children: (item: T) => ReactNode;
}

/** The options below an input that keeps the focus; see `useCombobox`. */
export function OptionList<T>(props: OptionListProps<T>) {
  const { label, anchor, open, items, keyOf, listProps, optionProps, onChoose, className = "", empty, children } = props;
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
      <div {...listProps} aria-label={label}>
        {items.map((item, index) => (
          <div
            key={keyOf(item)}
            {...optionProps(index)}
            className="option"
            onPointerDown={(event) => {
              event.preventDefault();
              onChoose(item);
            }}
          >
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
