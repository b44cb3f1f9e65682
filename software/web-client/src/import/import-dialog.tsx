import { CircleCheck, FileSpreadsheet, TriangleAlert, Upload } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { DropZone } from "react-aria-components/DropZone";
import { formatCount } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import { navigate } from "../router/history.ts";
import { listUrl } from "../router/routes.ts";
import { emptySearch, formatSearch } from "../search/facet.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-panel.tsx";
import type { ModelDescription } from "../wire/shapes.ts";
import { Mapping } from "./import-mapping.tsx";
import type { ImportOutcome } from "./run-import.ts";
import { type Import, useImport } from "./use-import.ts";
import "../styles/import.css";

/** Problems listed at once. */
const maxListed = 100;

/** A CSV file in four steps: drop it, say what its columns are, see what is wrong, import. */
export function ImportDialog({
  model,
  onClose,
}: {
  readonly model: ModelDescription;
  readonly onClose: () => void;
}) {
  const state = useImport(model);
  const close = () => {
    state.cancel();
    onClose();
  };
  return (
    <Dialog
      title="Import a CSV file"
      wide
      onClose={close}
      foot={<Foot state={state} model={model} onClose={close} />}
    >
      {state.failure ? <FailureNotice failure={state.failure} onClose={state.forgive} /> : null}
      <Step state={state} model={model} />
    </Dialog>
  );
}

function Step({ state, model }: { readonly state: Import; readonly model: ModelDescription }): ReactNode {
  if (state.done) return <Finished outcome={state.done} />;
  if (!state.file) return <ChooseFile onFile={state.choose} />;
  return (
    <>
      <Mapping state={state} model={model} />
      {state.busy ? <Progress state={state} /> : null}
      {state.checked && !state.busy ? <Checked outcome={state.checked} model={model} /> : null}
    </>
  );
}

function ChooseFile({ onFile }: { readonly onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <DropZone
      className="drop-zone"
      getDropOperation={() => "copy"}
      onDrop={(event) => {
        const file = event.items.find((item) => item.kind === "file");
        if (file) void file.getFile().then(onFile);
      }}
    >
      <FileSpreadsheet className="icon" aria-hidden />
      <p>
        <strong>Drop a CSV file here</strong>
      </p>
      <p className="soft">
        The first row names the columns. Nothing is changed before you have seen what will happen.
      </p>
      <input
        ref={input}
        type="file"
        accept=".csv,text/csv,text/plain"
        aria-label="CSV file"
        className="unseen"
        tabIndex={-1}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) onFile(file);
        }}
      />
      <Button look="primary" icon={Upload} onPress={() => input.current?.click()}>
        Choose a file
      </Button>
    </DropZone>
  );
}

function Progress({ state }: { readonly state: Import }) {
  const { done, total } = state.progress;
  const percent = total ? Math.round((done / total) * 100) : null;
  return (
    <div className="import-progress">
      <div
        className={percent ? "progress" : "progress endless"}
        role="progressbar"
        aria-label={state.busy === "check" ? "Checking" : "Importing"}
        aria-valuenow={percent ?? undefined}
      >
        <div style={percent ? { width: `${percent}%` } : {}} />
      </div>
      <p className="soft numeric">
        {state.busy === "check" ? "Checking" : "Importing"}
        {total ? `: ${formatCount(done, locale)} of ${formatCount(total, locale)} rows` : "…"}
      </p>
    </div>
  );
}

function Checked({ outcome, model }: { readonly outcome: ImportOutcome; readonly model: ModelDescription }) {
  const { problems, problemCount, rows } = outcome;
  if (problemCount === 0) {
    return (
      <div className="notice good" role="status">
        <CircleCheck className="icon" aria-hidden />
        <p>All {formatCount(rows, locale)} rows are right. Nothing is imported yet.</p>
      </div>
    );
  }
  return (
    <div role="status">
      <div className="notice warning">
        <TriangleAlert className="icon" aria-hidden />
        <p>
          {formatCount(problemCount, locale)} {problemCount === 1 ? "problem" : "problems"}. Correct the file
          or skip a column; nothing is imported until all rows are right.
        </p>
      </div>
      <table className="problems">
        <thead>
          <tr>
            <th scope="col">Row</th>
            <th scope="col">Column</th>
            <th scope="col">What is wrong</th>
          </tr>
        </thead>
        <tbody>
          {problems.slice(0, maxListed).map((problem) => (
            <tr key={`${problem.row} ${problem.column} ${problem.message}`}>
              <td className="numeric">{problem.row > 0 ? formatCount(problem.row, locale) : "all"}</td>
              <td>{problem.column || model.fields[problem.field]?.string}</td>
              <td>{problem.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Finished({ outcome }: { readonly outcome: ImportOutcome }) {
  return (
    <div className="import-done" role="status">
      <CircleCheck className="icon" aria-hidden />
      <p>
        <strong className="numeric">{formatCount(outcome.imported, locale)} imported</strong>
      </p>
    </div>
  );
}

function Foot({
  state,
  model,
  onClose,
}: {
  readonly state: Import;
  readonly model: ModelDescription;
  readonly onClose: () => void;
}) {
  const { file, busy, checked, done, mapping, check, run, startedAt } = state;
  if (done) {
    const since = { kind: "where", field: "create_date", operator: ">=", value: startedAt } as const;
    const query = model.fields["create_date"] ? formatSearch({ ...emptySearch, facets: [since] }) : "";
    const show = () => {
      onClose();
      void navigate(listUrl(model.model, query), { trail: "keep" });
    };
    return (
      <>
        <Button onPress={onClose}>Close</Button>
        <Button look="primary" onPress={show}>
          Show them
        </Button>
      </>
    );
  }
  const ready = file !== null && mapping.some(Boolean) && !busy;
  const right = checked?.problemCount === 0;
  return (
    <>
      <Button onPress={onClose}>Cancel</Button>
      {right ? null : (
        <Button look={checked ? "secondary" : "primary"} isDisabled={!ready} onPress={check}>
          {checked ? "Check again" : "Check the file"}
        </Button>
      )}
      {right ? (
        <Button look="primary" isDisabled={!ready} onPress={run}>
          Import {formatCount(checked.rows, locale)} rows
        </Button>
      ) : null}
    </>
  );
}
