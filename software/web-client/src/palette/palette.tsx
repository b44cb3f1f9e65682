import { useQueries } from "@tanstack/react-query";
import { ArrowRight, CornerDownLeft, FileText, History, type LucideIcon, Search, Zap } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useApp } from "../frame/app-context.ts";
import { paletteOpen, screenActions } from "../frame/palette-state.ts";
import { recents } from "../frame/recents.ts";
import { navigate } from "../router/history.ts";
import { usePaused } from "../search/search-box.tsx";
import { useCombobox } from "../search/use-combobox.ts";
import { menuIcon } from "../ui/icons.ts";
import { useStore } from "../ui/store.ts";
import { nameQuery } from "../wire/queries.ts";
import { type Entry, localEntries, recordEntries, searchedModels } from "./entries.ts";
import "../styles/palette.css";

/** Records of each model shown at once. */
const recordsEach = 5;

/** Everything by its name: records, menus, what this screen can do. Ctrl-Enter opens in a new tab. */
export function Palette() {
  const { menus } = useApp();
  const [typed, setTyped] = useState("");
  const opened = useStore(recents);
  const actions = useStore(screenActions);
  const text = usePaused(typed.trim(), 120);
  const models = searchedModels(menus);
  const found = useQueries({
    queries: models.map(({ model }) => ({
      ...nameQuery(model, text, [], recordsEach),
      enabled: text.length >= 2,
    })),
    combine: (results) =>
      recordEntries(
        models,
        results.map((result) => result.data ?? []),
      ),
  });
  const local = localEntries(typed, { menus, recents: opened, actions });
  const entries = typed.trim().length >= 2 && !typed.startsWith("/") ? [...local, ...found] : local;
  const close = () => paletteOpen.set(false);
  const choose = (entry: Entry | undefined, newTab: boolean) => {
    if (!entry) return;
    close();
    if (entry.act) entry.act();
    else if (entry.url && newTab) window.open(entry.url, "_blank", "noopener");
    else if (entry.url) void navigate(entry.url, { trail: entry.kind === "record" ? "push" : "reset" });
  };
  const combobox = useCombobox({
    count: entries.length,
    open: true,
    onChoose: (index, event) => choose(entries[index], event.ctrlKey || event.metaKey),
    onClose: close,
  });
  return (
    <ModalOverlay className="scrim palette-scrim" isOpen isDismissable onOpenChange={close}>
      <Modal className="modal palette-modal">
        <AriaDialog className="dialog" aria-label="Search or jump">
          <div className="palette-input">
            <Search className="icon" aria-hidden />
            <input
              {...combobox.inputProps}
              type="text"
              aria-label="Search or jump"
              placeholder="Search records, menus, actions…"
              // biome-ignore lint/a11y/noAutofocus: the palette exists to be typed into
              autoFocus
              value={typed}
              onChange={(event) => {
                setTyped(event.target.value);
                combobox.reset();
              }}
              onKeyDown={(event: KeyboardEvent) => void combobox.onKeyDown(event)}
            />
            <kbd>Esc</kbd>
          </div>
          <Results entries={entries} active={combobox.active} combobox={combobox} typed={typed} />
          <footer className="palette-foot" aria-hidden>
            <span>
              <kbd>↑</kbd> <kbd>↓</kbd> move
            </span>
            <span>
              <kbd>Enter</kbd> open
            </span>
            <span>
              <kbd>Ctrl Enter</kbd> new tab
            </span>
            <span>
              <kbd>/</kbd> menus <kbd>+</kbd> create
            </span>
          </footer>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

interface ResultsProps {
  readonly entries: readonly Entry[];
  readonly active: number;
  readonly combobox: ReturnType<typeof useCombobox>;
  readonly typed: string;
}

function Results({ entries, active, combobox, typed }: ResultsProps) {
  if (entries.length === 0)
    return (
      <p className="palette-none">{typed.trim().length < 2 ? "Type to search." : "Nothing is called so."}</p>
    );
  return (
    <div {...combobox.listProps("Results")} className="palette-list">
      {entries.map((entry, index) => {
        const Icon = entryIcon(entry);
        const heading = entry.group !== entries[index - 1]?.group ? entry.group : null;
        return (
          <div key={entry.key} role="presentation">
            {heading ? (
              <div className="menu-heading" role="presentation">
                {heading}
              </div>
            ) : null}
            <div
              {...combobox.optionProps(index)}
              className="option"
              ref={index === active ? (element) => element?.scrollIntoView({ block: "nearest" }) : null}
            >
              <Icon className="icon" aria-hidden />
              <span className="cut">{entry.label}</span>
              {entry.detail ? <span className="soft cut">{entry.detail}</span> : null}
              {index === active ? <CornerDownLeft className="icon trail" aria-hidden /> : null}
            </div>
          </div>
        );
      })}
    </div>
  );
}

function entryIcon(entry: Entry): LucideIcon {
  if (entry.kind === "menu") return entry.icon ? menuIcon(entry.icon) : ArrowRight;
  return { recent: History, record: FileText, action: Zap, create: Zap }[entry.kind];
}
