import { Plus, Upload } from "lucide-react";
import { useState } from "react";
import { emptySearch, type Search } from "../search/facet.ts";
import { Button } from "../ui/button.tsx";
import type { ModelDescription } from "../wire/shapes.ts";
import { ImportButtonDialog } from "./import-lazy.tsx";
import { listViewOf } from "./list-state.ts";

interface EmptyListProps {
  readonly model: ModelDescription;
  readonly search: Search;
  readonly onSearch: (search: Search) => void;
  /** Null when this user may not create. */
  readonly onCreate: (() => void) | null;
}

/** Nothing here: one sentence, and the one thing to do next. */
export function EmptyList({ model, search, onSearch, onCreate }: EmptyListProps) {
  const view = listViewOf(model);
  const [importing, setImporting] = useState(false);
  if (search.facets.length > 0) {
    return (
      <div className="empty">
        <p>Nothing fits this search.</p>
        <Button look="secondary" onPress={() => onSearch({ ...emptySearch, menu: search.menu })}>
          Clear the search
        </Button>
      </div>
    );
  }
  return (
    <div className="empty">
      <EmptyArt />
      <p>{view.empty.sentence}</p>
      <div className="empty-actions">
        {onCreate ? (
          <Button look="primary" icon={Plus} onPress={onCreate}>
            {view.empty.button ?? "New"}
          </Button>
        ) : null}
        {onCreate && view.importable ? (
          <Button look="secondary" icon={Upload} onPress={() => setImporting(true)}>
            Import a CSV file
          </Button>
        ) : null}
      </div>
      {importing ? <ImportButtonDialog model={model} onClose={() => setImporting(false)} /> : null}
    </div>
  );
}

/** Three lines made fast to a cleat: a list that waits. */
function EmptyArt() {
  return (
    <svg
      className="art"
      width="132"
      height="84"
      viewBox="0 0 132 84"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d="M24 22c13 .5 14 11 24 11h36c10 0 11-10.500 24-11" />
      <path d="M54 33v28M78 33v28M40 61h52" />
      <path d="M8 73h116" strokeDasharray="1 8" />
      <path d="M78 44c14-9 22 8 44 1" opacity=".65" />
      <path d="M78 51c14-8 24 9 46 2" opacity=".4" />
    </svg>
  );
}
