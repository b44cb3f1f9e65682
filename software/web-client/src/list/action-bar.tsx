import { Archive, ArchiveRestore, Download, Trash2, X } from "lucide-react";
import { formatCount } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import { setArchived } from "../record/archive.ts";
import { exportRecords } from "../record/export.ts";
import { deleteWithUndo } from "../record/pending-deletes.ts";
import { archivedFilter } from "../search/domain.ts";
import type { Search } from "../search/facet.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { showFailure } from "../ui/toasts.ts";
import { callMethod } from "../wire/call.ts";
import type { Domain, ModelDescription } from "../wire/shapes.ts";
import { allSelected, nothingSelected, type Selected, selectedCount } from "./selected.ts";

/** Most records that one action takes. */
const maxRecords = 10_000;

interface ActionBarProps {
  readonly model: ModelDescription;
  readonly domain: Domain;
  readonly search: Search;
  readonly total: number;
  readonly selected: Selected;
  readonly onSelected: (selected: Selected) => void;
}

/** What can be done with the chosen rows; there only when some are chosen. */
export function ActionBar({ model, domain, search, total, selected, onSelected }: ActionBarProps) {
  const count = selectedCount(selected, total);
  if (count === 0) return null;
  const archived = search.facets.some((facet) => facet.kind === "filter" && facet.name === archivedFilter);
  const { rights, fields } = model;
  const act = (action: (ids: number[]) => void | Promise<void>) => {
    void chosenIds(model.model, domain, selected)
      .then(action)
      .then(() => onSelected(nothingSelected))
      .catch(showFailure);
  };
  return (
    <div className="action-bar" role="toolbar" aria-label="Selected records">
      <span className="action-count numeric" aria-live="polite">
        {formatCount(count, locale)} selected
      </span>
      {selected.mode === "some" && count < total ? (
        <Button small onPress={() => onSelected(allSelected)}>
          Select all {formatCount(total, locale)}
        </Button>
      ) : null}
      <span className="action-gap" />
      {rights.export ? (
        <Button
          small
          icon={Download}
          onPress={() => void exportRecords(model, chosenDomain(domain, selected))}
        >
          Export
        </Button>
      ) : null}
      {fields["active"] && rights.write ? (
        <Button
          small
          icon={archived ? ArchiveRestore : Archive}
          onPress={() => act((ids) => setArchived(model, ids, !archived))}
        >
          {archived ? "Restore" : "Archive"}
        </Button>
      ) : null}
      {rights.unlink ? (
        <Button
          small
          look="danger"
          icon={Trash2}
          onPress={() => act((ids) => deleteWithUndo(model, ids, labelOf(ids.length)))}
        >
          Delete
        </Button>
      ) : null}
      <IconButton small icon={X} label="Clear the selection" onPress={() => onSelected(nothingSelected)} />
    </div>
  );
}

function labelOf(count: number): string {
  return count === 1 ? "1 record" : `${formatCount(count, locale)} records`;
}

function chosenDomain(domain: Domain, selected: Selected): Domain {
  return selected.mode === "all" ? domain : [["id", "in", [...selected.ids]]];
}

async function chosenIds(model: string, domain: Domain, selected: Selected): Promise<number[]> {
  if (selected.mode === "some") return [...selected.ids];
  return (await callMethod(model, "search", { args: [domain], kwargs: { limit: maxRecords } })) as number[];
}
