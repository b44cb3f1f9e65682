import { ExpectedError } from "@holdfast/kernel/errors";
import type { Progress } from "@holdfast/protocol/method";
import type { OperationRunner } from "../operations/runner.ts";
import type { Parts } from "../parts.ts";
import { operationRows } from "./rows.ts";

const pollMilliseconds = 200;

export interface Following {
  readonly parts: Parts;
  readonly runner: OperationRunner;
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
}

type Ended = Awaited<ReturnType<typeof operationRows>>[number];

/**
 * Follows an operation to its end. The caller may leave: the operation goes on.
 *
 * @throws ExpectedError with the operation's own sentence and hint when it failed or was cancelled.
 */
export async function follow(recordId: number, following: Following): Promise<Ended> {
  const ended = await untilEnd(recordId, following);
  if (ended.state === "done") return ended;
  throw new ExpectedError(
    ended.state === "cancelled" ? "gone" : "conflict",
    `${ended.subject}: ${ended.message ?? ended.state}`,
    {
      ...(ended.hint === null ? {} : { hint: ended.hint }),
    },
  );
}

/** Waits until an operation ended, however it did. */
export async function untilEnd(
  recordId: number,
  { parts, runner, signal, progress }: Following,
): Promise<Ended> {
  const unlisten = runner.listen(recordId, progress);
  runner.wake();
  try {
    for (;;) {
      signal.throwIfAborted();
      const [row] = await operationRows(parts.data, { id: recordId, limit: 1 });
      if (row?.endedAt) return row;
      await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
    }
  } finally {
    unlisten();
  }
}
