import { useCallback, useEffect, useRef, useState } from "react";
import { showFailure } from "../ui/toasts.ts";
import type { RemoteFailure } from "../wire/failure.ts";
import type { ModelDescription } from "../wire/shapes.ts";
import type { Value, Values } from "../wire/values.ts";
import { type Draft, draftOf, isDirty, withLines, withValue } from "./draft.ts";
import type { Line } from "./lines.ts";
import { type LoadedForm, loadForm } from "./load-form.ts";
import { reread } from "./rebase.ts";
import { type Conflict, previewDraft } from "./save-form.ts";
import { useSave } from "./use-save.ts";

/** How long typing must pause before the server is asked what it makes of the draft. */
const previewPauseMs = 140;

export interface Editor {
  readonly draft: Draft;
  readonly dirty: boolean;
  readonly saving: boolean;
  /** True when everything typed here is with the server. */
  readonly saved: boolean;
  /** Sentence per field. */
  readonly errors: Readonly<Record<string, string>>;
  /** What is wrong with the record as a whole. */
  readonly failure: RemoteFailure | null;
  readonly conflicts: readonly Conflict[];
  /** The draft at this moment, which may be newer than what is drawn. */
  current(): Draft;
  setValue(field: string, value: Value): void;
  setLines(field: string, change: (lines: readonly Line[]) => readonly Line[]): void;
  /** @returns the record's id, or null when it could not be saved; then `errors` says why. */
  save(options?: { readonly overwrite?: boolean }): Promise<number | null>;
  /** Saves what is typed meanwhile too: for whoever leaves. */
  saveAll(): Promise<number | null>;
  discard(): void;
  /** A value that was saved apart from the form: what else was typed stays. */
  take(field: string, value: Value): void;
  /** Takes another person's values in place of one's own. */
  takeTheirs(): void;
  /** Reads the record again; what is not saved yet stays. */
  reload(): Promise<void>;
  dismissFailure(): void;
}

/** The state of a form: what was loaded, what was typed, what the server says of it. */
export function useEditor(model: ModelDescription, loaded: LoadedForm, given: Values): Editor {
  const { draft, latest, update } = useDraft(loaded, given);
  const { parts } = loaded;
  usePreview(model, loaded, draft, update);
  const { clearError, ...saving } = useSave(model, parts, latest, update);
  const { forget } = saving;

  const setValue = useCallback(
    (field: string, value: Value) => {
      update((current) => withValue(current, field, value));
      clearError(field);
    },
    [update, clearError],
  );

  const setLines = useCallback(
    (field: string, change: (lines: readonly Line[]) => readonly Line[]) => {
      update((current) => withLines(current, field, change(current.lines[field] ?? [])));
      clearError(field);
    },
    [update, clearError],
  );

  const reload = useCallback(async () => {
    const { id } = latest.current;
    if (id === null) return;
    try {
      const read = await loadForm(model, id);
      update((current) => reread(current, read.draft));
    } catch (error) {
      showFailure(error);
    }
  }, [model, latest, update]);

  return {
    draft,
    dirty: isDirty(draft),
    ...saving,
    saved: saving.saved && !isDirty(draft),
    current: () => latest.current,
    setValue,
    setLines,
    reload,
    discard: () => {
      if (saving.saving) return;
      update(draftOf);
      if (forget()) void reload();
    },
    take: (field, value) =>
      update((one) => ({
        ...one,
        base: { ...one.base, [field]: value },
        changes: without(one.changes, field),
      })),
    takeTheirs: () => {
      const theirs = Object.fromEntries(saving.conflicts.map(({ field, theirs: value }) => [field, value]));
      update((current) => {
        const mine = Object.entries(current.changes).filter(([name]) => !(name in theirs));
        return { ...current, base: { ...current.base, ...theirs }, changes: Object.fromEntries(mine) };
      });
      saving.dismissConflicts();
    },
  };
}

/** The draft, drawn anew when it changes, and known at once to whoever saves. */
function useDraft(loaded: LoadedForm, given: Values) {
  const [draft, setDraft] = useState(() => withGiven(loaded.draft, given));
  const latest = useRef(draft);
  const update = useCallback((change: (draft: Draft) => Draft) => {
    latest.current = change(latest.current);
    setDraft(latest.current);
  }, []);
  return { draft, latest, update };
}

/** Asks the server for totals once typing pauses; an answer to an older draft is thrown away. */
function usePreview(
  model: ModelDescription,
  loaded: LoadedForm,
  draft: Draft,
  update: (change: (draft: Draft) => Draft) => void,
): void {
  const asked = useRef<Draft | null>(null);
  useEffect(() => {
    if (loaded.parts.length === 0 || !isDirty(draft) || asked.current === draft) return;
    const control = new AbortController();
    const timer = setTimeout(() => {
      void previewDraft(model, draft, loaded.parts, control.signal).then((next) => {
        if (!next || control.signal.aborted) return;
        asked.current = next;
        update((current) => (current === draft ? next : current));
      });
    }, previewPauseMs);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [model, loaded, draft, update]);
}

function withGiven(draft: Draft, given: Values): Draft {
  return Object.entries(given).reduce((next, [name, value]) => withValue(next, name, value), draft);
}

function without<T>(values: Readonly<Record<string, T>>, field: string): Readonly<Record<string, T>> {
  const { [field]: _gone, ...rest } = values;
  return rest;
}
