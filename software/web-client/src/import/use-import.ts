import { useRef, useState } from "react";
import { failureOf, type RemoteFailure } from "../wire/failure.ts";
import { modelChanged } from "../wire/queries.ts";
import type { ModelDescription } from "../wire/shapes.ts";
import { type CsvHead, guessMapping, previewBytes, readCsvHead } from "./csv-head.ts";
import { type ImportOutcome, runImport } from "./run-import.ts";

export interface Import {
  readonly file: File | null;
  readonly head: CsvHead;
  /** Field of each column; null skips it. */
  readonly mapping: readonly (string | null)[];
  readonly busy: "check" | "import" | null;
  /** Rows read so far, and in all once that is known. */
  readonly progress: { readonly done: number; readonly total: number | null };
  /** What a check found; null after every change of the mapping. */
  readonly checked: ImportOutcome | null;
  readonly done: ImportOutcome | null;
  readonly failure: RemoteFailure | null;
  /** When the import began, as the wire writes moments. */
  readonly startedAt: string;
  choose(file: File): void;
  setColumn(column: number, field: string | null): void;
  check(): void;
  run(): void;
  cancel(): void;
  forgive(): void;
}

const noProgress = { done: 0, total: null };
const noHead: CsvHead = { header: [], rows: [] };

/** The state of an import: nothing is changed before everything was checked. */
export function useImport(model: ModelDescription): Import {
  const [file, setFile] = useState<File | null>(null);
  const [head, setHead] = useState<CsvHead>(noHead);
  const [mapping, setMapping] = useState<readonly (string | null)[]>([]);
  const [busy, setBusy] = useState<Import["busy"]>(null);
  const [progress, setProgress] = useState<Import["progress"]>(noProgress);
  const [checked, setChecked] = useState<ImportOutcome | null>(null);
  const [done, setDone] = useState<ImportOutcome | null>(null);
  const [failure, setFailure] = useState<RemoteFailure | null>(null);
  const [startedAt, setStartedAt] = useState("");
  const control = useRef(new AbortController());

  const choose = (next: File) => {
    void next
      .slice(0, previewBytes)
      .text()
      .then((text) => {
        const read = readCsvHead(text, next.size <= previewBytes);
        setFile(next);
        setHead(read);
        setMapping(guessMapping(read.header, model.fields));
        setChecked(null);
        setFailure(null);
      });
  };

  const send = async (dry: boolean) => {
    if (!file) return;
    control.current = new AbortController();
    setBusy(dry ? "check" : "import");
    setProgress(noProgress);
    setFailure(null);
    setStartedAt(new Date(Date.now() - clockSlackMs).toISOString().slice(0, 19).replace("T", " "));
    try {
      const outcome = await runImport(model.model, file, {
        mapping,
        dry,
        onProgress: (done, total) => setProgress({ done, total }),
        signal: control.current.signal,
      });
      if (dry || outcome.problemCount > 0) setChecked(outcome);
      else {
        setDone(outcome);
        await modelChanged(model.model);
      }
    } catch (error) {
      if (!control.current.signal.aborted) setFailure(failureOf(error));
    } finally {
      setBusy(null);
    }
  };

  return {
    file,
    head,
    mapping,
    busy,
    progress,
    checked,
    done,
    failure,
    startedAt,
    choose,
    setColumn: (column, field) => {
      setMapping(mapping.map((known, index) => (index === column ? field : known)));
      setChecked(null);
    },
    check: () => void send(true),
    run: () => void send(false),
    cancel: () => control.current.abort(),
    forgive: () => setFailure(null),
  };
}

/** The browser's clock may run ahead of the server's. */
const clockSlackMs = 5_000;
