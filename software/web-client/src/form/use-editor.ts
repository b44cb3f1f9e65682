import { useCallback, useEffect, useRef, useState } from "react";
import { failureOf, type RemoteFailure } from "../wire/failure.ts";
import { modelChanged } from "../wire/queries.ts";
import type { ModelDescription } from "../wire/shapes.ts";
import type { Value, Values } from "../wire/values.ts";
import { type Draft, isDirty, problemsBeforeSaving, withLines, withValue } from "./draft.ts";
import { formViewOf, shownFields } from "./form-layout.ts";
import type { Line } from "./lines.ts";
import { type LoadedForm, type LoadedPart, loadForm } from "./load-form.ts";
import { type Conflict, findConflicts, previewDraft, saveDraft } from "./save-form.ts";

/** How long typing must pause before the server is asked what it makes of the draft. */
const previewPauseMs = 140;

export interface Editor {
  readonly draft: Draft;
  readonly dirty: boolean;
  readonly saving: boolean;
  /** Sentence per field. */
  readonly errors: Readonly<Record<string, string>>;
  /** What is wrong with the record as a whole. */
  readonly failure: RemoteFailure | null;
  readonly conflicts: readonly Conflict[];
  setValue(field: string, value: Value): void;
  setLines(field: string, change: (lines: readonly Line[]) => readonly Line[]): void;
  /** @returns the record's id, or null when it could not be saved; then `errors` says why. */
  save(options?: { readonly overwrite?: boolean }): Promise<number | null>;
  discard(): void;
  /** A value that was saved apart from the form: what else was typed stays. */
  take(field: string, value: Value): void;
  /** Takes another person's values in place of one's own. */
  takeTheirs(): void;
  /** Reads the record again. */
  reload(): Promise<void>;
  dismissFailure(): void;
}

/** The state of a form: what was loaded, what was typed, what the server says of it. */
export function useEditor(model: ModelDescription, loaded: LoadedForm, given: Values): Editor {
  const [origin, setOrigin] = useState(loaded.draft);
  const [draft, setDraft] = useState(() => withGiven(loaded.draft, given));
  const [saving, setSaving] = useState(false);
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [failure, setFailure] = useState<RemoteFailure | null>(null);
  const [conflicts, setConflicts] = useState<readonly Conflict[]>([]);
  const latest = useRef(draft);
  latest.current = draft;
  const { parts } = loaded;
  usePreview(model, loaded, draft, setDraft);

  const clean = useCallback((next: Draft) => {
    setOrigin(next);
    setDraft(next);
    setErrors({});
    setFailure(null);
    setConflicts([]);
  }, []);

  const setValue = useCallback((field: string, value: Value) => {
    setDraft((current) => withValue(current, field, value));
    setErrors((current) => without(current, field));
  }, []);

  const setLines = useCallback((field: string, change: (lines: readonly Line[]) => readonly Line[]) => {
    setDraft((current) => withLines(current, field, change(current.lines[field] ?? [])));
    setErrors((current) => without(current, field));
  }, []);

  const reload = useCallback(async () => {
    if (latest.current.id !== null) clean((await loadForm(model, latest.current.id)).draft);
  }, [model, clean]);

  const save = async ({ overwrite = false } = {}): Promise<number | null> => {
    const problems = problemsBeforeSaving(draft, model.fields, shownFields(formViewOf(model), model.fields));
    setErrors(problems);
    if (Object.keys(problems).length > 0) return null;
    setSaving(true);
    try {
      const { id, found } = await saveOrCompare(model, draft, parts, overwrite);
      setConflicts(found);
      if (id === null) return null;
      const saved = await loadForm(model, id);
      clean(saved.draft);
      void modelChanged(model.model);
      return id;
    } catch (error) {
      showRefusal(failureOf(error), { model, parts }, setErrors, setFailure);
      return null;
    } finally {
      setSaving(false);
    }
  };

  return {
    draft,
    dirty: isDirty(draft),
    saving,
    errors,
    failure,
    conflicts,
    setValue,
    setLines,
    save,
    reload,
    discard: () => clean({ ...origin, computed: {} }),
    take: (field, value) => {
      const taken = (one: Draft) => ({
        ...one,
        base: { ...one.base, [field]: value },
        changes: without(one.changes, field),
      });
      setOrigin(taken);
      setDraft(taken);
    },
    dismissFailure: () => setFailure(null),
    takeTheirs: () => {
      const theirs = Object.fromEntries(conflicts.map((conflict) => [conflict.field, conflict.theirs]));
      const mine = Object.entries(draft.changes).filter(([name]) => !(name in theirs));
      setDraft({ ...draft, base: { ...draft.base, ...theirs }, changes: Object.fromEntries(mine) });
      setConflicts([]);
    },
  };
}

/** Saves; where somebody else was faster: what both changed, unless both changed it to the same. */
async function saveOrCompare(
  model: ModelDescription,
  draft: Draft,
  parts: readonly LoadedPart[],
  overwrite: boolean,
): Promise<{ readonly id: number | null; readonly found: readonly Conflict[] }> {
  try {
    return { id: await saveDraft(model, draft, parts, { overwrite }), found: [] };
  } catch (error) {
    if (!failureOf(error).changedMeanwhile) throw error;
    const found = await findConflicts(model, draft);
    if (found.length > 0) return { id: null, found };
    return { id: await saveDraft(model, draft, parts, { overwrite: true }), found };
  }
}

/** A refusal stands at its fields; what is not about a field that is shown stands above the form. */
function showRefusal(
  failure: RemoteFailure,
  { model, parts }: { readonly model: ModelDescription; readonly parts: readonly LoadedPart[] },
  setErrors: (errors: Readonly<Record<string, string>>) => void,
  setFailure: (failure: RemoteFailure) => void,
): void {
  const shown = shownFields(formViewOf(model), model.fields);
  const own = failure.model === "" || failure.model === model.model;
  const known = Object.entries(failure.fields).filter(([name]) => own && shown.includes(name));
  const hint = failure.hint ? ` ${failure.hint}` : "";
  const ofLines = parts.filter(
    (part) => part.model.model === failure.model && part.model.model !== model.model,
  );
  const places = [...known, ...ofLines.map((part) => [part.field, failure.message] as const)];
  setErrors(Object.fromEntries(places.map(([name, sentence]) => [name, sentence + hint])));
  if (places.length === 0) setFailure(failure);
}

/** Asks the server for totals once typing pauses; an answer to an older draft is thrown away. */
function usePreview(
  model: ModelDescription,
  loaded: LoadedForm,
  draft: Draft,
  setDraft: (change: (draft: Draft) => Draft) => void,
): void {
  const asked = useRef<Draft | null>(null);
  useEffect(() => {
    if (loaded.parts.length === 0 || !isDirty(draft) || asked.current === draft) return;
    const control = new AbortController();
    const timer = setTimeout(() => {
      void previewDraft(model, draft, loaded.parts, control.signal).then((next) => {
        if (!next || control.signal.aborted) return;
        asked.current = next;
        setDraft((current) => (current === draft ? next : current));
      });
    }, previewPauseMs);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [model, loaded, draft, setDraft]);
}

function withGiven(draft: Draft, given: Values): Draft {
  return Object.entries(given).reduce((next, [name, value]) => withValue(next, name, value), draft);
}

function without<T>(values: Readonly<Record<string, T>>, field: string): Readonly<Record<string, T>> {
  const { [field]: _gone, ...rest } = values;
  return rest;
}
