import { createInterface } from "node:readline/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import { call } from "@holdfast/protocol/call";
import { cancelOperation, listOperations, watchOperation } from "@holdfast/protocol/control-methods";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import type { InputOf, Method, OutputOf } from "@holdfast/protocol/method";
import { type Screen, step } from "../terminal.ts";

/** Ended by Ctrl-C, the way shells count it. */
export const interruptedExitCode = 130;

/** The person pressed Ctrl-C; the message says what becomes of the work. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/**
 * Asks control, shows progress, and lets Ctrl-C choose: long work is a stored operation, so it goes on
 * in the background unless the person cancels it.
 */
export async function askControl<M extends Method>(
  folder: DataFolder,
  screen: Screen,
  request: { readonly method: M; readonly input: InputOf<M>; readonly title?: string | undefined },
): Promise<OutputOf<M>> {
  const { method, input, title } = request;
  if (!method.progress) return call(folder.controlSocket, method, input);
  const began = new Date();
  const left = new AbortController();
  const leave = (): void => left.abort(new Interrupted("interrupted"));
  process.once("SIGINT", leave);
  try {
    return await step(screen, title ?? method.name, ({ show }) =>
      call(folder.controlSocket, method, input, { onProgress: show, signal: left.signal }),
    );
  } catch (error) {
    if (!left.signal.aborted) throw error;
    throw new Interrupted(await whatBecomes(folder, screen, began));
  } finally {
    process.off("SIGINT", leave);
  }
}

async function whatBecomes(folder: DataFolder, screen: Screen, began: Date): Promise<string> {
  const { operations } = await call(folder.controlSocket, listOperations, { limit: 20 });
  const slackMilliseconds = 1_000;
  const ours = operations.find(
    ({ state, startedAt }) =>
      state === "running" && Date.parse(startedAt) >= began.getTime() - slackMilliseconds,
  );
  if (!ours) return "Stopped.";
  const { operationId } = ours;
  const answer = await ask(
    `\nIt goes on in the background. Type c to cancel and undo it, Enter to leave it: `,
  );
  if (answer !== "c")
    return `It goes on: bin/holdfast operation watch ${operationId}\nTo cancel it: bin/holdfast operation cancel ${operationId}`;
  await call(folder.controlSocket, cancelOperation, { operationId });
  const ended = await step(screen, "undoing", ({ show }) =>
    call(folder.controlSocket, watchOperation, { operationId }, { onProgress: show }),
  );
  return `${ended.kind} of ${ended.subject}: ${ended.state}`;
}

/** @returns the answer, or nothing where nobody can be asked. */
async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) return "";
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim().toLowerCase();
  } catch (cause) {
    throw new ExpectedError("conflict", "interrupted again: it goes on in the background", { cause });
  } finally {
    terminal.close();
  }
}
