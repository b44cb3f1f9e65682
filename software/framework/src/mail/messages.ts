import type { Html } from "../http/html.ts";
import type { Environment } from "../model/environment.ts";
import type { Row } from "../model/model.ts";
import { messageModel } from "./models.ts";

/** A line to be added to a record's log. */
export interface NewMessage {
  readonly model: string;
  readonly id: number;
  readonly kind: "note" | "message" | "change";
  readonly subject: string;
  readonly body?: Html;
  /** Of someone who is no user: the signer of a quotation. */
  readonly authorName?: string;
}

const shownFields = ["subject", "kind", "body", "author_id", "author_name", "date"] as const;
/** Most lines of one record that are read at once, newest first. */
export const maxMessages = 200;

/** Adds lines to records' logs, in the caller's transaction. The caller has changed the records, so it may. */
export async function logMessages(env: Environment, messages: readonly NewMessage[]): Promise<void> {
  if (messages.length === 0) return;
  const rows = messages.map((message) => ({
    model: message.model,
    res_id: message.id,
    kind: message.kind,
    subject: message.subject,
    body: message.body?.toString() ?? null,
    author_id: env.actor.userId,
    author_name: message.authorName ?? null,
    date: Temporal.Instant.fromEpochMilliseconds(env.clock.now()),
  }));
  await env.system("add to a record's log", async (system) => {
    await system.of(messageModel).create(rows);
  });
}

/**
 * A record's log, newest first: read by whoever may read the record, and no one else.
 *
 * @throws `not_found` when the record is missing or hidden.
 */
export async function messagesOf(
  env: Environment,
  model: string,
  id: number,
): Promise<Row<typeof messageModel, (typeof shownFields)[number]>[]> {
  await env.model(model).read([id], ["id"]);
  return env.system("a record's log follows the record, which was read just before", (system) =>
    system.of(messageModel).searchRead(
      [
        ["model", "=", model],
        ["res_id", "=", id],
      ],
      shownFields,
      { limit: maxMessages },
    ),
  );
}
