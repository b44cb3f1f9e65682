export type StepState = "waiting" | "running" | "done" | "failed" | "undone";

export interface Step {
  readonly name: string;
  readonly label: string;
  readonly state: StepState;
  readonly detail: string;
}

/** How far a long operation is. */
export interface Operation {
  readonly name: string;
  readonly finished: boolean;
  readonly error: string | null;
  readonly hint: string | null;
  readonly steps: readonly Step[];
  /** 0 to 100; null when nobody knows. */
  readonly percent: number | null;
  /** "12 of 40 tables". */
  readonly caption: string;
  /** The action that it leads to. */
  readonly result: unknown;
}

const endings = new Set([
  "done",
  "failed",
  "cancelled",
  "canceled",
  "undone",
  "finished",
  "success",
  "succeeded",
]);
const failures = new Set(["failed", "undone", "cancelled", "canceled"]);
const stepStates: readonly StepState[] = ["waiting", "running", "done", "failed", "undone"];

/** Reads an operation's record as the wire gives it; what is missing is left out rather than guessed. */
export function readOperation(record: Readonly<Record<string, unknown>>): Operation {
  const state = String(record["state"] ?? "");
  const progress = { ...stepsDone(record), ...parsed(record["progress"]) };
  const steps = Array.isArray(progress["steps"]) ? progress["steps"].map(readStep) : [];
  const error =
    textOf(record["error"]) ??
    (failures.has(state) ? "It did not succeed. What was begun has been taken back." : null);
  return {
    name: textOf(record["label"]) ?? textOf(record["name"]) ?? textOf(record["display_name"]) ?? "",
    finished: endings.has(state),
    error,
    hint: textOf(record["hint"]),
    steps,
    percent: percentOf(progress, steps),
    caption: captionOf(progress),
    result: parsed(record["result"]),
  };
}

/** Operations that count their steps in fields of their own. */
function stepsDone(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const total = Number(record["step_count"] ?? 0);
  const step = textOf(record["step"]);
  return {
    ...(step ? { step } : {}),
    ...(total > 0 ? { done: Number(record["step_index"] ?? 0), total, unit: "steps" } : {}),
  };
}

function readStep(wire: unknown): Step {
  const step = parsed(wire);
  const name = textOf(step["name"]) ?? "";
  return {
    name,
    label: textOf(step["label"]) ?? name,
    state: stepStates.find((known) => known === step["state"]) ?? "waiting",
    detail: textOf(step["detail"]) ?? "",
  };
}

function percentOf(progress: Readonly<Record<string, unknown>>, steps: readonly Step[]): number | null {
  const total = Number(progress["total"] ?? 0);
  if (total > 0) return Math.min(Math.round((Number(progress["done"] ?? 0) / total) * 100), 100);
  return steps.length > 0
    ? Math.round((steps.filter((step) => step.state === "done").length / steps.length) * 100)
    : null;
}

function captionOf(progress: Readonly<Record<string, unknown>>): string {
  const words = [textOf(progress["step"])];
  if (progress["done"] !== undefined) {
    const total = progress["total"] === undefined ? "" : ` of ${Number(progress["total"]).toLocaleString()}`;
    words.push(
      `${Number(progress["done"]).toLocaleString()}${total} ${textOf(progress["unit"]) ?? ""}`.trim(),
    );
  }
  return words.filter(Boolean).join(": ");
}

function parsed(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "string") {
    try {
      return parsed(JSON.parse(value));
    } catch {
      return {};
    }
  }
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
