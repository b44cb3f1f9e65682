import { ExpectedError } from "@holdfast/kernel/errors";
import { type OperationId, parseId } from "@holdfast/kernel/id";
import {
  cancelOperation,
  listOperations,
  type operationSchema,
  watchOperation,
} from "@holdfast/protocol/control-methods";
import type { z } from "zod";
import { type Answer, type Command, table } from "./command.ts";

type Operation = z.output<typeof operationSchema>;

/** `operation …`. */
export const operationCommands: readonly Command[] = [
  {
    name: "operation list",
    help: "what runs and what ran last",
    arguments: [],
    options: [{ name: "limit", value: "N", help: "at most so many (default 20)" }],
    async run({ options, control }) {
      const { operations } = await control(listOperations, { limit: Number(options["limit"] ?? 20) });
      const rows = operations.map((operation) => [
        operation.kind,
        operation.subject,
        operation.state,
        operation.step ?? operation.message ?? "",
        operation.startedAt,
        operation.operationId,
      ]);
      return {
        json: { operations },
        text: table(rows, ["KIND", "OF", "STATE", "STEP", "STARTED", "ID"], "Nothing ran yet."),
      };
    },
  },
  {
    name: "operation watch",
    help: "follow one to its end; leaving does not stop it",
    arguments: [{ name: "ID" }],
    options: [],
    run: async ({ words: [id = ""], control }) =>
      about(await control(watchOperation, { operationId: idOf(id) }, "following")),
  },
  {
    name: "operation cancel",
    help: "stop one and undo what it did",
    arguments: [{ name: "ID" }],
    options: [],
    run: async ({ words: [id = ""], control }) =>
      about(await control(cancelOperation, { operationId: idOf(id) })),
  },
];

function idOf(text: string): OperationId {
  const operationId = parseId<"operation">(text);
  if (operationId) return operationId;
  throw new ExpectedError("bad_request", `"${text}" is no operation's id`, {
    hint: "bin/holdfast operation list shows them",
  });
}

function about(operation: Operation): Answer {
  const { kind, subject, state, message } = operation;
  return {
    json: operation,
    text: `${kind} of ${subject}: ${state}${message ? `, ${message}` : ""}\n`,
    exitCode: state === "failed" ? 1 : 0,
  };
}
