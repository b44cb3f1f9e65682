import type { Progress } from "@holdfast/protocol/method";
import type { z } from "zod";
import type { Parts } from "../parts.ts";

/** What a step is given. `memory` holds what earlier steps returned; it survived every crash since. */
export interface StepContext<Input> {
  readonly input: Input;
  readonly memory: Readonly<Record<string, unknown>>;
  readonly parts: Parts;
  /** The operation's key, for names of things that only this operation makes. */
  readonly key: string;
  /** Aborted when the operation is cancelled or the process stops. */
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
}

/**
 * One step of a stored operation. It may die after any statement, so `run` must be safe to run twice,
 * and `undo` safe to run when `run` never began, half ended or ended; `undo` too may run twice.
 */
export interface Step<Input> {
  /** What it does, as words for the person who waits: "create the database". */
  readonly name: string;
  /** @returns what later steps need to know; kept with the operation, so never a secret. */
  run(context: StepContext<Input>): Promise<Readonly<Record<string, unknown>>> | Promise<void>;
  undo?(context: StepContext<Input>): Promise<void>;
  /**
   * What it destroys stays destroyed: once it began, the operation cannot be cancelled, and a failure is
   * tried again until it is through. Whatever comes after it goes forward only, too.
   */
  readonly irreversible?: true;
}

/** A kind of multi-step work: its input's shape and its steps, in order. */
export interface OperationKind<Input = unknown> {
  readonly kind: string;
  readonly input: z.ZodType<Input>;
  readonly steps: readonly Step<Input>[];
}

/** Forgets the input's type, so that kinds fit in one list; each still parses its own input. */
export function operationKind<Input>(kind: OperationKind<Input>): OperationKind {
  return kind as unknown as OperationKind;
}
