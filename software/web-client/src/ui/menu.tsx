import type { LucideIcon } from "lucide-react";
import { Check } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import {
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Separator,
} from "react-aria-components/Menu";
import type { PopoverProps } from "react-aria-components/Popover";

/** One line of a menu. */
export interface MenuEntry {
  readonly key: string;
  readonly label: string;
  readonly icon?: LucideIcon;
  /** Shown at the end: a shortcut or a count. */
  readonly trail?: ReactNode;
  /** Present for entries that are on or off; they leave the menu open. */
  readonly checked?: boolean;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly act: () => void;
}

export interface MenuGroup {
  readonly key: string;
  readonly label?: string;
  readonly entries: readonly MenuEntry[];
}

interface MenuButtonProps {
  /** The button that opens it. */
  readonly trigger: ReactElement;
  readonly label: string;
  readonly groups: readonly MenuGroup[];
  readonly placement?: PopoverProps["placement"];
}

/** A button with a menu of groups. Empty groups are not drawn. */
export function MenuButton({ trigger, label, groups, placement = "bottom start" }: MenuButtonProps) {
  const shown = groups.filter((group) => group.entries.length > 0);
  const entries = new Map(
    shown.flatMap((group) => group.entries.map((entry) => [entry.key, entry] as const)),
  );
  return (
    <MenuTrigger>
      {trigger}
      <Popover className="popover" placement={placement} offset={5}>
        <Menu className="menu" aria-label={label} onAction={(key) => entries.get(String(key))?.act()}>
          {shown.map((group, index) => (
            <MenuSection key={group.key} {...(group.label ? {} : { "aria-label": label })}>
              {index > 0 && !group.label ? <Separator className="menu-separator" /> : null}
              {group.label ? <Header className="menu-heading">{group.label}</Header> : null}
              {group.entries.map((entry) => (
                <Entry key={entry.key} entry={entry} />
              ))}
            </MenuSection>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function Entry({ entry }: { readonly entry: MenuEntry }) {
  const { icon: Icon, checked } = entry;
  return (
    <MenuItem
      id={entry.key}
      textValue={checked ? `${entry.label}, on` : entry.label}
      isDisabled={entry.disabled ?? false}
      shouldCloseOnSelect={checked === undefined}
      className={`menu-item ${entry.danger ? "danger" : ""}`}
    >
      {Icon ? <Icon className="icon" aria-hidden /> : null}
      {entry.label}
      {entry.trail === undefined ? null : <span className="trail">{entry.trail}</span>}
      {checked ? <Check className="icon tick" aria-hidden /> : null}
    </MenuItem>
  );
}
