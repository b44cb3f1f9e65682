import { Download, Ellipsis, Group, ListFilter, Plus, SquareCheck, Trash2, Upload } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { exportRecords } from "../record/export.ts";
import { navigate } from "../router/history.ts";
import { trashUrl } from "../router/routes.ts";
import { type Search, toggleFilter, toggleGroup, withFacet } from "../search/facet.ts";
import { SearchBox } from "../search/search-box.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { MenuButton, type MenuEntry } from "../ui/menu.tsx";
import type { Domain, ModelDescription } from "../wire/shapes.ts";
import { useHiddenColumns } from "./hidden-columns.ts";
import { ImportButtonDialog } from "./import-lazy.tsx";
import { allColumns, filtersOf, listFields, listViewOf } from "./list-state.ts";
import { phone, useMedia } from "./use-size.ts";

const FilterBuilder = lazy(() =>
  import("../search/filter-builder.tsx").then((module) => ({ default: module.FilterBuilder })),
);

interface ListToolsProps {
  readonly model: ModelDescription;
  /** What the list is called here. */
  readonly title: string;
  readonly search: Search;
  readonly onSearch: (search: Search) => void;
  readonly domain: Domain;
  readonly total: number;
  /** Shows or hides the check boxes of cards. */
  readonly onSelecting: () => void;
}

/** The search box and the menus beside it. */
export function ListTools({ model, title, search, onSearch, domain, total, onSelecting }: ListToolsProps) {
  const [dialog, setDialog] = useState<"import" | "filter" | null>(null);
  const narrow = useMedia(phone);
  const view = listViewOf(model);
  const filters = filtersOf(view, model.fields);
  const groups = groupEntries(model, search, onSearch);
  return (
    <div className="list-tools">
      <SearchBox
        view={{ fields: listFields(view, model.fields), search: view.search, filters }}
        search={search}
        onSearch={onSearch}
        label={`Search ${title}`}
      />
      <div className="tool-buttons">
        <MenuButton
          label="Filters"
          trigger={
            narrow ? (
              <IconButton icon={ListFilter} label="Filters" look="secondary" />
            ) : (
              <Button icon={ListFilter}>Filters</Button>
            )
          }
          groups={[
            { key: "declared", entries: filterEntries(filters, search, onSearch) },
            {
              key: "own",
              entries: [{ key: "+", label: "Add a filter…", icon: Plus, act: () => setDialog("filter") }],
            },
          ]}
        />
        {groups.length > 0 ? (
          <MenuButton
            label="Group by"
            trigger={
              narrow ? (
                <IconButton icon={Group} label="Group by" look="secondary" />
              ) : (
                <Button icon={Group}>Group by</Button>
              )
            }
            groups={[{ key: "groups", entries: groups }]}
          />
        ) : null}
        <MoreMenu
          model={model}
          domain={domain}
          total={total}
          onImport={() => setDialog("import")}
          {...(narrow ? { onSelecting } : {})}
        />
      </div>
      {dialog === "import" ? <ImportButtonDialog model={model} onClose={() => setDialog(null)} /> : null}
      {dialog === "filter" ? (
        <Suspense fallback={null}>
          <FilterBuilder
            model={model}
            domain={domain}
            onAdd={(facet) => onSearch(withFacet(search, facet))}
            onClose={() => setDialog(null)}
          />
        </Suspense>
      ) : null}
    </div>
  );
}

interface MoreMenuProps {
  readonly model: ModelDescription;
  readonly domain: Domain;
  readonly total: number;
  readonly onImport: () => void;
  /** Absent where check boxes are always there. */
  readonly onSelecting?: () => void;
}

function MoreMenu({ model, domain, total, onImport, onSelecting }: MoreMenuProps) {
  const view = listViewOf(model);
  const [hidden, setHidden] = useHiddenColumns(model.model);
  const columns: MenuEntry[] = allColumns(view, model.fields)
    .slice(1)
    .map(({ field, label }) => ({
      key: field.name,
      label,
      checked: !hidden.includes(field.name),
      act: () =>
        setHidden(
          hidden.includes(field.name)
            ? hidden.filter((name) => name !== field.name)
            : [...hidden, field.name],
        ),
    }));
  const imports = view.importable && model.rights.create;
  const exchange: MenuEntry[] = [
    ...(onSelecting ? [{ key: "select", label: "Select records", icon: SquareCheck, act: onSelecting }] : []),
    ...(imports ? [{ key: "import", label: "Import a CSV file…", icon: Upload, act: onImport }] : []),
    ...(model.rights.export
      ? [
          {
            key: "export",
            label: "Export what is found",
            icon: Download,
            disabled: total === 0,
            act: () => void exportRecords(model, domain),
          },
        ]
      : []),
  ];
  const trash: MenuEntry = {
    key: "trash",
    label: "Trash",
    icon: Trash2,
    act: () => void navigate(trashUrl(model.model)),
  };
  if (model.trash && model.rights.unlink) exchange.push(trash);
  return (
    <MenuButton
      label="More"
      placement="bottom end"
      trigger={<IconButton icon={Ellipsis} label="More" />}
      groups={[
        { key: "exchange", entries: exchange },
        { key: "columns", label: "Columns", entries: onSelecting ? [] : columns },
      ]}
    />
  );
}

function filterEntries(
  filters: ReturnType<typeof filtersOf>,
  search: Search,
  onSearch: (search: Search) => void,
): MenuEntry[] {
  const active = new Set(search.facets.map((facet) => (facet.kind === "filter" ? facet.name : "")));
  return filters.map(({ name, label }) => ({
    key: name,
    label,
    checked: active.has(name),
    act: () => onSearch(toggleFilter(search, name)),
  }));
}

function groupEntries(
  model: ModelDescription,
  search: Search,
  onSearch: (search: Search) => void,
): MenuEntry[] {
  const offered = listViewOf(model).groupBy ?? [];
  return offered.flatMap((by) => {
    const [name = "", period] = by.split(":");
    const field = model.fields[name];
    if (!field) return [];
    const label = period ? `${field.string} (${period})` : field.string;
    return [
      { key: by, label, checked: search.groupBy.includes(by), act: () => onSearch(toggleGroup(search, by)) },
    ];
  });
}
