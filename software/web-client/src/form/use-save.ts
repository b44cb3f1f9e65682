import { useCallback, useRef, useState } from "react";
import { failureOf, type RemoteFailure } from "../wire/failure.ts";
import { modelChanged } from "../wire/queries.ts";
import type { ModelDescription } from "../wire/shapes.ts";
import { type Draft, isDirty, problemsBeforeSaving } from "./draft.ts";
import { formViewOf, shownFields } from "./form-layout.ts";
import { type LoadedPart, loadForm } from "./load-form.ts";
import { rebase } from "./rebase.ts";
import { type Conflict, lookMeanwhile, saveDraft } from "./save-form.ts";

/** Most turns of saving before a form is left: somebody who types on and on is asked. */
const maxTurns = 5;

/** A save under way, or one whose answer or reading back is still missing. */
interface Attempt {
  readonly sent: Draft;
  /** Under which the server does it once, however often it is asked for. */
  readonly onceKey: string;
  /** Null until the server has answered. */
  id: number | null;
}

interface SaveOptions {
  /** Whatever somebody else saved meanwhile. */
  readonly overwrite?: boolean;
}

interface Saving {
  readonly saving: boolean;
  /** True from a save on. */
  readonly saved: boolean;
  readonly errors: Readonly<Record<string, string>>;
  readonly failure: RemoteFailure | null;
  readonly conflicts: readonly Conflict[];
  /** @returns the record's id, or null when it could not be saved. Two at once: the second waits for the first. */
  save(options?: SaveOptions): Promise<number | null>;
  /** Saves until nothing is left to save. */
  saveAll(): Promise<number | null>;
  /** @returns whether it is unknown what the server has. */
  forget(): boolean;
  clearError(field: string): void;
  dismissFailure(): void;
  dismissConflicts(): void;
}

/**
 * Saves a draft while it is being typed into. What is typed while a save is under way stays and is not saved yet;
 * what was sent and not answered is sent again under the same key before anything else, so that a record is made
 * once.
 */
export function useSave(
  model: ModelDescription,
  parts: readonly LoadedPart[],
  latest: { readonly current: Draft },
  update: (change: (draft: Draft) => Draft) => void,
): Saving {
  const [saving, setSaving] = useState(false);
  const [saved, setSaved] = useState(false);
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [failure, setFailure] = useState<RemoteFailure | null>(null);
  const [conflicts, setConflicts] = useState<readonly Conflict[]>([]);
  const attempt = useRef<Attempt | null>(null);
  const queue = useRef<Promise<unknown>>(Promise.resolve());

  const finish = async (one: Attempt, overwrite: boolean): Promise<number | null> => {
    if (one.id === null) {
      const { id, found } = await answered(attempt, () => saveOrCompare(model, one, parts, overwrite));
      setConflicts(found);
      if (id === null) {
        attempt.current = null;
        return null;
      }
      one.id = id;
      void modelChanged(model.model);
    }
    const read = await readBack(model, one.id);
    if (attempt.current === one) attempt.current = null;
    update((current) => rebase(current, one.sent, read ?? asSent(one.sent, one.id ?? 0)));
    setErrors({});
    setFailure(null);
    setSaved(true);
    return one.id;
  };

  const saveLatest = async (overwrite: boolean): Promise<number | null> => {
    if (attempt.current) await finish(attempt.current, overwrite);
    const sent = latest.current;
    if (sent.id !== null && !isDirty(sent)) return sent.id;
    const problems = problemsBeforeSaving(sent, model.fields, shownFields(formViewOf(model), model.fields));
    setErrors(problems);
    if (Object.keys(problems).length > 0) return null;
    attempt.current = { sent, onceKey: crypto.randomUUID(), id: null };
    return finish(attempt.current, overwrite);
  };

  const save = ({ overwrite = false }: SaveOptions = {}): Promise<number | null> => {
    setSaving(true);
    const turn = queue.current
      .then(() => saveLatest(overwrite))
      .catch((error: unknown) => {
        showRefusal(failureOf(error), { model, parts }, setErrors, setFailure);
        return null;
      });
    queue.current = turn;
    void turn.then(() => {
      if (queue.current === turn) setSaving(false);
    });
    return turn;
  };

  return {
    saving,
    saved,
    errors,
    failure,
    conflicts,
    save,
    saveAll: async () => {
      let id = await save();
      for (let turn = 1; turn < maxTurns && id !== null && isDirty(latest.current); turn++) id = await save();
      return id !== null && isDirty(latest.current) ? null : id;
    },
    forget: () => {
      const known = attempt.current === null;
      attempt.current = null;
      setErrors({});
      setFailure(null);
      setConflicts([]);
      return !known;
    },
    clearError: useCallback((field: string) => setErrors((current) => without(current, field)), []),
    dismissFailure: () => setFailure(null),
    dismissConflicts: () => setConflicts([]),
  };
}

/** A refusal is an answer: only what got none is sent again. */
async function answered<T>(attempt: { current: Attempt | null }, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (failureOf(error).kind !== "offline") attempt.current = null;
    throw error;
  }
}

/** @returns null when the record is saved and may not be read any more. */
async function readBack(model: ModelDescription, id: number): Promise<Draft | null> {
  try {
    return (await loadForm(model, id)).draft;
  } catch (error) {
    if (failureOf(error).kind === "offline") throw error;
    return null;
  }
}

function asSent(sent: Draft, id: number): Draft {
  return { id, base: { ...sent.base, ...sent.changes }, changes: {}, computed: {}, lines: {} };
}

/** Saves; where somebody else was faster: what both changed, unless both changed it to the same. */
async function saveOrCompare(
  model: ModelDescription,
  { sent, onceKey }: Attempt,
  parts: readonly LoadedPart[],
  overwrite: boolean,
): Promise<{ readonly id: number | null; readonly found: readonly Conflict[] }> {
  try {
    return { id: await saveDraft(model, sent, parts, { overwrite, onceKey }), found: [] };
  } catch (error) {
    if (!failureOf(error).changedMeanwhile) throw error;
    const { conflicts, now } = await lookMeanwhile(model, sent);
    if (conflicts.length > 0) return { id: null, found: conflicts };
    const seen = { ...sent, base: { ...sent.base, ...now } };
    return { id: await saveDraft(model, seen, parts, { overwrite: false, onceKey }), found: [] };
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

function without<T>(values: Readonly<Record<string, T>>, field: string): Readonly<Record<string, T>> {
  const { [field]: _gone, ...rest } = values;
  return rest;
}
