import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { formatCount } from "../format/value.ts";
import { locale, useApp } from "../frame/app-context.ts";
import { currentMenu } from "../frame/menus.ts";
import { screenActions } from "../frame/palette-state.ts";
import { TopBar } from "../frame/top-bar.tsx";
import { pendingDeletes, withoutPending } from "../record/pending-deletes.ts";
import { navigate, setScroll, usePlace } from "../router/history.ts";
import { listUrl, recordUrl } from "../router/routes.ts";
import { allOf } from "../search/domain.ts";
import { cycleSort, formatSearch, parseSearch, type Search } from "../search/facet.ts";
import { Button } from "../ui/button.tsx";
import { useStore } from "../ui/store.ts";
import { countLimit, countQuery } from "../wire/queries.ts";
import type { Domain, ModelDescription } from "../wire/shapes.ts";
import { ActionBar } from "./action-bar.tsx";
import { EmptyList } from "./empty-list.tsx";
import { FlatRows } from "./flat-rows.tsx";
import { GroupedRows } from "./grouped-rows.tsx";
import { useHiddenColumns } from "./hidden-columns.ts";
import { ListFoot } from "./list-foot.tsx";
import { ListHead } from "./list-head.tsx";
import { listDomain, listViewOf, trackOf, visibleColumns } from "./list-state.ts";
import { ListTools } from "./list-tools.tsx";
import { allSelected, nothingSelected, type Selected } from "./selected.ts";
import { phone, useMedia, useSize } from "./use-size.ts";
import "../styles/list.css";

/** A model's records: search, filters, groups, rows, and what can be done with several at once. */
export function ListScreen({ model }: { readonly model: ModelDescription }) {
  const { search, onSearch, domain, title, app } = useListSearch(model);
  const [selected, setSelected] = useSelected(domain);
  const [selecting, setSelecting] = useState(false);
  const count = useQuery({ ...countQuery(model.model, domain), placeholderData: keepPreviousData });
  const total = count.data ?? 0;
  const view = listViewOf(model);
  const creatable = model.rights.create && view.creatable !== false;
  const create = useCallback(() => void navigate(recordUrl(model.model, "new")), [model.model]);
  useScreenActions(creatable ? create : null);
  const shown = total > countLimit ? formatCount(countLimit, locale, true) : formatCount(total, locale);
  return (
    <main className={`screen list-screen ${selecting ? "selecting" : ""}`}>
      <TopBar
        title={title}
        app={app}
        mark={
          <span className="count numeric" aria-live="polite">
            {count.data === undefined ? "" : shown}
            <span className="unseen"> records</span>
          </span>
        }
      >
        {creatable ? (
          <Button look="primary" icon={Plus} onPress={create} className="new-button">
            New
          </Button>
        ) : null}
      </TopBar>
      <ListTools
        model={model}
        title={title}
        search={search}
        onSearch={onSearch}
        domain={domain}
        total={total}
        onSelecting={() => setSelecting(!selecting)}
      />
      {count.data === 0 ? (
        <EmptyList model={model} search={search} onSearch={onSearch} onCreate={creatable ? create : null} />
      ) : (
        <Rows
          model={model}
          search={search}
          onSearch={onSearch}
          domain={domain}
          total={total}
          selected={selected}
          onSelected={setSelected}
        />
      )}
      <ActionBar
        model={model}
        domain={domain}
        total={total}
        search={search}
        selected={selected}
        onSelected={setSelected}
      />
    </main>
  );
}

interface RowsAreaProps {
  readonly model: ModelDescription;
  readonly search: Search;
  readonly onSearch: (search: Search) => void;
  readonly domain: Domain;
  readonly total: number;
  readonly selected: Selected;
  readonly onSelected: (change: Selected | ((selected: Selected) => Selected)) => void;
}

function Rows({ model, search, onSearch, domain, total, selected, onSelected }: RowsAreaProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const size = useSize(scroller);
  const cards = useMedia(phone);
  const coarse = useMedia("(pointer: coarse)");
  const view = listViewOf(model);
  const [hidden] = useHiddenColumns(model.model);
  const columns = visibleColumns(view, model.fields, cards ? 10_000 : size.width || 1200, hidden);
  const rowHeight = cards ? 72 : coarse ? 48 : 38;
  const tracks = ["44px", ...columns.map((column, index) => trackOf(column, index === 0))].join(" ");
  useKeptScroll(scroller, total > 0);
  useRowKeys(scroller);
  const rows = { model, columns, domain, order: search.sort, cards, rowHeight, selected, onSelected };
  const everything = selected.mode === "all" || (total > 0 && selected.ids.size === total);
  return (
    <div className="list-scroll" ref={scroller} tabIndex={-1}>
      <table
        className={cards ? "list cards" : "list"}
        aria-rowcount={total + 1}
        style={{ "--tracks": tracks, "--row-height": `${rowHeight}px` } as object}
      >
        <ListHead
          columns={columns}
          search={search}
          onSort={(field) => onSearch(cycleSort(search, field))}
          allChecked={everything ? true : selected.mode === "some" && selected.ids.size > 0 ? null : false}
          onCheckAll={(checked) => onSelected(checked ? allSelected : nothingSelected)}
        />
        {search.groupBy.length > 0 ? (
          <GroupedRows key={search.groupBy.join()} {...rows} groupBy={search.groupBy} />
        ) : (
          <FlatRows {...rows} count={total || 12} scroller={scroller} height={size.height} />
        )}
        {cards ? null : (
          <ListFoot model={model.model} domain={domain} fields={model.fields} columns={columns} />
        )}
      </table>
    </div>
  );
}

function useListSearch(model: ModelDescription) {
  const { menus } = useApp();
  const { query } = usePlace();
  const pending = useStore(pendingDeletes);
  const search = parseSearch(query, listViewOf(model).search[0]);
  const menu = currentMenu(menus, model.model, search.menu);
  const base = allOf([menu?.domain ?? [], withoutPending(pending, model.model)]);
  const known = { ...search, groupBy: search.groupBy.filter((by) => model.fields[by.split(":")[0] ?? ""]) };
  const onSearch = useCallback(
    (next: Search) => void navigate(listUrl(model.model, formatSearch(next))),
    [model.model],
  );
  const title = menu?.label ?? model.label;
  const app = menus.find((item) => item.key === menu?.parent)?.label;
  return {
    search: known,
    onSearch,
    domain: listDomain(model, known, base),
    title,
    app: app === title ? undefined : app,
  };
}

/** Comes back to where the list was left, once there is something to scroll. */
function useKeptScroll(scroller: { readonly current: HTMLElement | null }, ready: boolean): void {
  const { scrollTop } = usePlace();
  useEffect(() => {
    const view = scroller.current;
    if (!view || !ready) return;
    view.scrollTop = scrollTop;
    const follow = () => setScroll(view.scrollTop);
    view.addEventListener("scroll", follow, { passive: true });
    return () => {
      view.removeEventListener("scroll", follow);
      setScroll(0);
    };
  }, [scroller, ready, scrollTop]);
}

/** Arrow keys walk from name to name, X selects. */
function useRowKeys(scroller: { readonly current: HTMLElement | null }): void {
  useEffect(() => {
    const view = scroller.current;
    view?.addEventListener("keydown", moveBetweenRows);
    return () => view?.removeEventListener("keydown", moveBetweenRows);
  }, [scroller]);
}

function moveBetweenRows(event: KeyboardEvent): void {
  const row = (event.target as HTMLElement).closest("[data-row]");
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "x") row.querySelector<HTMLInputElement>("input")?.click();
  const siblings: Readonly<Record<string, Element | null>> = {
    ArrowDown: row.nextElementSibling,
    ArrowUp: row.previousElementSibling,
  };
  const link = siblings[event.key]?.querySelector<HTMLElement>("a");
  if (!link) return;
  event.preventDefault();
  link.focus();
}

/** What is chosen, forgotten as soon as the list finds something else. */
function useSelected(domain: Domain) {
  const search = JSON.stringify(domain);
  const [state, setState] = useState({ search, selected: nothingSelected });
  const selected = state.search === search ? state.selected : nothingSelected;
  const select = useCallback(
    (change: Selected | ((selected: Selected) => Selected)) =>
      setState((last) => {
        const before = last.search === search ? last.selected : nothingSelected;
        return { search, selected: typeof change === "function" ? change(before) : change };
      }),
    [search],
  );
  return [selected, select] as const;
}

function useScreenActions(create: (() => void) | null): void {
  useEffect(() => {
    screenActions.set(create ? [{ key: "new", label: "New", act: create }] : []);
    const onKey = (event: KeyboardEvent) => {
      if (!event.altKey || event.code !== "KeyC" || !create) return;
      event.preventDefault();
      create();
    };
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("keydown", onKey);
      screenActions.set([]);
    };
  }, [create]);
}
