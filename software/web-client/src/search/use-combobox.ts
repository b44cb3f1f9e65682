import { type KeyboardEvent, type MouseEvent, useId, useState } from "react";

interface ComboboxOptions {
  /** How many options are offered now. */
  readonly count: number;
  readonly open: boolean;
  /** Whether the first option is taken by Enter before any arrow was pressed. */
  readonly eager?: boolean;
  /** By Enter or a click; the event tells which keys were held. */
  readonly onChoose: (index: number, event: KeyboardEvent | MouseEvent) => void;
  readonly onClose: () => void;
  readonly onOpen?: () => void;
}

/**
 * The keyboard of an input with a list of options below: arrows move, Enter chooses, Escape closes. The
 * focus stays in the input; the active option is told by `aria-activedescendant` (ARIA combobox pattern).
 */
export function useCombobox({ count, open, eager = true, onChoose, onClose, onOpen }: ComboboxOptions) {
  const id = useId();
  const [moved, setMoved] = useState<number | null>(null);
  const active = count === 0 || !open ? -1 : moved === null ? (eager ? 0 : -1) : Math.min(moved, count - 1);

  const onKeyDown = (event: KeyboardEvent): boolean => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (!open) onOpen?.();
      else if (count > 0) setMoved((active + step + count) % count);
      return true;
    }
    if (event.key === "Enter" && active >= 0 && open) {
      event.preventDefault();
      onChoose(active, event);
      setMoved(null);
      return true;
    }
    if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      onClose();
      return true;
    }
    return false;
  };

  return {
    active,
    onKeyDown,
    /** Typing starts at the first option again. */
    reset: () => setMoved(null),
    inputProps: {
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": open && count > 0,
      "aria-controls": open && count > 0 ? `${id}-list` : undefined,
      "aria-activedescendant": active >= 0 ? `${id}-${active}` : undefined,
      autoComplete: "off",
      spellCheck: false,
    },
    listProps: (label: string) => ({ id: `${id}-list`, role: "listbox", "aria-label": label }),
    optionProps: (index: number) => ({
      id: `${id}-${index}`,
      role: "option",
      "aria-selected": index === active,
      tabIndex: -1,
      onPointerMove: () => {
        if (index !== active) setMoved(index);
      },
      /** The focus stays in the input. */
      onMouseDown: (event: MouseEvent) => event.preventDefault(),
      onClick: (event: MouseEvent) => {
        onChoose(index, event);
        setMoved(null);
      },
    }),
  } as const;
}
