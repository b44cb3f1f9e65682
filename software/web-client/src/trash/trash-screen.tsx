import { useInfiniteQuery } from "@tanstack/react-query";
import { Search, Trash2 } from "lucide-react";
import { type KeyboardEvent, useDeferredValue, useState } from "react";
import { useApp } from "../frame/app-context.ts";
import { TopBar } from "../frame/top-bar.tsx";
import { restoreRecords } from "../record/restore.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailurePanel } from "../ui/failure-panel.tsx";
import { showFailure, showToast } from "../ui/toasts.ts";
import { callMethod } from "../wire/call.ts";
import { failureOf } from "../wire/failure.ts";
import { modelChanged } from "../wire/queries.ts";
import type { ModelDescription } from "../wire/shapes.ts";
import { TrashLine } from "./trash-line.tsx";
import { type TrashRow, trashQuery } from "./trash-query.ts";
import "../styles/list.css";
import "../styles/trash.css";

/** Deleted records of one model: to be restored, or removed for good. */
export function TrashScreen({ model }: { readonly model: ModelDescription }) {
  const { menus } = useApp();
  const [typed, setTyped] = useState("");
  const query = useInfiniteQuery(trashQuery(model.model, useDeferredValue(typed.trim())));
  const [doomed, setDoomed] = useState<readonly TrashRow[]>([]);
  const rows = query.data?.pages.flatMap((page) => page.records) ?? [];
  const title = menus.find((item) => item.model === model.model)?.label ?? model.label;
  return (
    <main className="screen trash-screen">
      <TopBar title={`Trash: ${title}`}>
        {rows.length > 0 ? (
          <Button look="danger" icon={Trash2} onPress={() => setDoomed(rows)}>
            Delete all shown
          </Button>
        ) : null}
      </TopBar>
      <div className="list-tools">
        <label className="search-box">
          <Search className="icon" aria-hidden />
          <input
            type="search"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            aria-label={`Search the trash of ${title}`}
            placeholder="Search"
          />
        </label>
      </div>
      {query.error ? (
        <FailurePanel failure={failureOf(query.error)} onRetry={() => void query.refetch()} />
      ) : (
        <TrashRows rows={rows} loaded={query.isSuccess} typed={typed} model={model} onDelete={setDoomed} />
      )}
      {query.hasNextPage ? (
        <div className="trash-more">
          <Button look="secondary" isDisabled={query.isFetching} onPress={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      ) : null}
      {doomed.length > 0 ? <ForeverDialog model={model} rows={doomed} onClose={() => setDoomed([])} /> : null}
    </main>
  );
}

interface TrashRowsProps {
  readonly rows: readonly TrashRow[];
  readonly loaded: boolean;
  readonly typed: string;
  readonly model: ModelDescription;
  readonly onDelete: (rows: readonly TrashRow[]) => void;
}

function TrashRows({ rows, loaded, typed, model, onDelete }: TrashRowsProps) {
  if (loaded && rows.length === 0)
    return (
      <div className="empty">
        <p>
          {typed.trim() === "" ? "Nothing was deleted in the last 30 days." : "Nothing fits this search."}
        </p>
      </div>
    );
  return (
    <ul className="trash-rows" aria-label="Deleted records" onKeyDown={moveBetweenLines}>
      {rows.map((row) => (
        <TrashLine
          key={row.id}
          row={row}
          onRestore={() => void restoreRecords(model.model, [row.id])}
          onDelete={() => onDelete([row])}
        />
      ))}
    </ul>
  );
}

/** Arrow keys walk from record to record, staying on the same button. */
function moveBetweenLines(event: KeyboardEvent<HTMLUListElement>): void {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const line = (event.target as HTMLElement).closest("li");
  if (step === undefined || line === null) return;
  const at = [...line.querySelectorAll("button")].indexOf(event.target as HTMLButtonElement);
  const next = line[step as "nextElementSibling"]?.querySelectorAll("button")[Math.max(at, 0)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

interface ForeverDialogProps {
  readonly model: ModelDescription;
  readonly rows: readonly TrashRow[];
  readonly onClose: () => void;
}

function ForeverDialog({ model, rows, onClose }: ForeverDialogProps) {
  const [first] = rows;
  const what = rows.length === 1 ? `“${first?.display_name || "It"}”` : `${rows.length} records`;
  const remove = async () => {
    onClose();
    try {
      await callMethod(model.model, "trash_delete", { args: [rows.map(({ id }) => id)] });
      await modelChanged(model.model);
      showToast({ message: `${what} deleted for good.`, level: "success" });
    } catch (error) {
      showFailure(error);
    }
  };
  return (
    <Dialog
      title="Delete for good?"
      role="alertdialog"
      onClose={onClose}
      foot={
        <>
          <Button onPress={onClose} autoFocus>
            Keep
          </Button>
          <Button look="danger solid" onPress={() => void remove()}>
            Delete for good
          </Button>
        </>
      }
    >
      <p>{what} cannot be restored afterwards. Files go too.</p>
    </Dialog>
  );
}
