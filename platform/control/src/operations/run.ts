import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Progress } from "@holdfast/protocol/method";
import type { Parts } from "../parts.ts";
import { attemptStep } from "./attempt.ts";
import type { OperationLimits } from "./limits.ts";
import { withRetries } from "./retry.ts";
import type { OperationKind } from "./step.ts";
import { readOperation, type StoredOperation, saveOperation } from "./store.ts";

/** One operation in the hands of this process. */
export interface Run {
  readonly parts: Parts;
  readonly kind: OperationKind;
  readonly operation: StoredOperation;
  readonly limits: OperationLimits;
  /** Aborted when this process ends: the operation stays as it is and goes on at the next start. */
  readonly stopping: AbortSignal;
  progress(progress: Progress): void;
}

/**
 * Carries one operation to its end, from wherever it stands. Each step's end is committed before the
 * next begins, so that after a crash at most one step runs again.
 *
 * @throws what kept it from its end: the control database is away, an undo fails, a step past return
 * fails, this process stops. It then stands as it stood and is to be taken up again.
 */
export async function runOperation(run: Run): Promise<void> {
  const { parts, operation } = run;
  if (operation.state !== "undoing") {
    const failure = await forward(run);
    if (failure === undefined) return;
    await saveOperation(parts.data, operation.id, { state: "undoing", ...failure });
  }
  await backward(run);
}

interface Failure {
  readonly error: string;
  readonly hint: string | null;
  /** Steps that must be undone: those that are done and the one that failed. */
  readonly step_index: number;
}

/** @returns undefined when all steps are done, else why not. */
async function forward(run: Run): Promise<Failure | undefined> {
  const { parts, kind, operation } = run;
  const save = (values: Parameters<typeof saveOperation>[2]): Promise<void> =>
    saveOperation(parts.data, operation.id, values);
  const input = kind.input.parse(operation.input);
  let memory = memoryOf(operation);
  const started = operation.state === "pending" ? { started_at: now(parts) } : {};
  await save({ state: "running", step_count: kind.steps.length, ...started });
  for (let index = operation.step_index; index < kind.steps.length; index++) {
    const step = present(kind.steps[index], `step ${index} of ${kind.kind}`);
    await save({ step: step.name, step_index: index });
    const attempt = await attemptStep(run, step, { input, memory, index });
    if (attempt.kind === "failed") {
      run.stopping.throwIfAborted();
      const { error, hint } = sentenceOf(attempt.error);
      if (!attempt.pastReturn) return { error, hint, step_index: index + 1 };
      await save({ error, hint });
      throw attempt.error;
    }
    memory = { ...memory, ...attempt.values };
    parts.failpoint(`${kind.kind}/${step.name}/done`);
    await save({ memory, step_index: index + 1, progress: null, error: null, hint: null });
    parts.failpoint(`${kind.kind}/${step.name}/saved`);
  }
  await save({ state: "done", step: null, progress: null, result: memory, ended_at: now(parts) });
  return undefined;
}

async function backward(run: Run): Promise<void> {
  const { parts, kind, limits, stopping: signal } = run;
  const operation = await readOperation(parts.data, run.operation.id);
  const context = {
    input: kind.input.parse(operation.input),
    memory: memoryOf(operation),
    signal,
    parts,
    key: operation.key,
    progress: run.progress,
  };
  for (let left = operation.step_index; left > 0; left--) {
    const step = present(kind.steps[left - 1], `step ${left - 1} of ${kind.kind}`);
    const [done, total] = [operation.step_index - left, operation.step_index];
    run.progress({ step: `undo: ${step.name}`, done, total, unit: "steps" });
    await saveOperation(parts.data, operation.id, { step: `undo: ${step.name}`, step_index: left });
    await withRetries(async () => step.undo?.(context), { signal, limits });
    parts.failpoint(`${kind.kind}/${step.name}/undone`);
  }
  await saveOperation(parts.data, operation.id, {
    state: operation.cancel_requested ? "cancelled" : "failed",
    step: null,
    step_index: 0,
    progress: null,
    ended_at: now(parts),
  });
}

function memoryOf(operation: StoredOperation): Readonly<Record<string, unknown>> {
  return (operation.memory ?? {}) as Readonly<Record<string, unknown>>;
}

/** What the person who waits reads. Of a defect they get a place to look, never its text. */
function sentenceOf(error: unknown): { readonly error: string; readonly hint: string | null } {
  if (error instanceof ExpectedError)
    return { error: error.message.slice(0, 2_000), hint: error.hint?.slice(0, 1_000) ?? null };
  return {
    error: "a defect of ours stopped it; the log of control has it whole",
    hint: "bin/holdfast logs control",
  };
}

function now(parts: Parts): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(parts.clock.now());
}
