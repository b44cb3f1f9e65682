import { z } from "zod";
import { html } from "../http/html-tag.ts";
import type { Environment } from "../model/environment.ts";
import { type RemoteMethod, remoteMethod } from "../model/model.ts";
import { logMessages } from "./messages.ts";

const maxNoteCharacters = 10_000;
const subjectCharacters = 80;

/** For models whose records have a log that people write in: `methods: { ...messageMethods(name) }`. */
export function messageMethods(model: string): Readonly<Record<string, RemoteMethod>> {
  return {
    message_post: remoteMethod({
      label: "Add a note",
      on: "records",
      effect: "write",
      input: z.strictObject({
        body: z.string().trim().min(1).max(maxNoteCharacters),
        message_type: z.enum(["comment", "notification"]).optional(),
        subtype_xmlid: z.literal("mail.mt_note").optional(),
      }),
      run: (env, ids, { body }) => addNotes(env, { model, ids, body }),
    }),
  };
}

/** Whoever may read a record may leave a note on it. Words are taken as words, markup in them is shown. */
async function addNotes(
  env: Environment,
  { model, ids, body }: { readonly model: string; readonly ids: readonly number[]; readonly body: string },
): Promise<true> {
  await env.model(model).read(ids, ["id"]);
  const lines = body.split("\n").map((line, at) => (at === 0 ? html`${line}` : html`<br>${line}`));
  const subject = (body.split("\n")[0] ?? "").slice(0, subjectCharacters);
  await logMessages(
    env,
    ids.map((id) => ({ model, id, kind: "note" as const, subject, body: html`<p>${lines}</p>` })),
  );
  return true;
}
