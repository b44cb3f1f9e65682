import { ExpectedError } from "@holdfast/kernel/errors";
import type { Environment } from "../model/environment.ts";
import type { Row } from "../model/model.ts";
import { attachmentModel } from "./attachment-model.ts";
import type { StoredFile } from "./file-store.ts";

/** The record that files hang on. */
export interface Holder {
  readonly model: string;
  readonly id: number;
}

const shownFields = [
  "name",
  "mimetype",
  "file_size",
  "res_model",
  "res_id",
  "author_id",
  "create_date",
] as const;
export type Attachment = Row<typeof attachmentModel, (typeof shownFields)[number]>;

/** Most attachments of one record. */
export const maxAttachments = 200;

/**
 * Asks whether files may be added to a record: who may change it, may. Call it before the file is taken in, and
 * {@link addAttachment} after.
 *
 * @throws ExpectedError `not_found`, `access_denied`, `invalid` when it has too many already.
 */
export async function mayAttach(env: Environment, holder: Holder): Promise<void> {
  await env.model(holder.model).write([holder.id], {});
  const there = await env.system("count a record's files", (system) =>
    system.of(attachmentModel).count(domainOf(holder), { limit: maxAttachments }),
  );
  if (there >= maxAttachments)
    throw new ExpectedError("invalid", `A record holds at most ${maxAttachments} files.`);
}

/** Hangs a stored file on a record, in the caller's transaction. @returns the attachment's id. */
export async function addAttachment(
  env: Environment,
  holder: Holder,
  file: StoredFile & { readonly name: string; readonly mimetype: string },
): Promise<number> {
  await mayAttach(env, holder);
  const [id] = await env.system("the record may be changed, which was asked just before", (system) =>
    system.of(attachmentModel).create([
      {
        name: fileName(file.name),
        mimetype: mediaType(file.mimetype),
        file_size: file.bytes,
        sha256: file.sha256,
        res_model: holder.model,
        res_id: holder.id,
        author_id: env.actor.userId,
      },
    ]),
  );
  return id as number;
}

/** A record's files, newest first, for whoever may read the record. @throws ExpectedError `not_found`. */
export async function attachmentsOf(env: Environment, holder: Holder): Promise<Attachment[]> {
  await env.model(holder.model).read([holder.id], ["id"]);
  return env.system("files follow their record, which was read just before", (system) =>
    system.of(attachmentModel).searchRead(domainOf(holder), shownFields, { limit: maxAttachments }),
  );
}

/**
 * One attachment with its digest, for whoever may read its record.
 *
 * @throws ExpectedError `not_found`, the same for a missing one and for one of a hidden record.
 */
export async function readAttachment(
  env: Environment,
  id: number,
): Promise<Attachment & { readonly sha256: string }> {
  const [row] = await env.system(
    "find which record a file hangs on, to ask whether that may be read",
    (system) =>
      system.of(attachmentModel).searchRead([["id", "=", id]], [...shownFields, "sha256"], { limit: 1 }),
  );
  if (row === undefined || !(await mayRead(env, { model: row.res_model, id: row.res_id }))) throw missing();
  return row;
}

/** Takes a file off its record; its content goes when no one needs it any more. @throws ExpectedError as {@link mayAttach}. */
export async function removeAttachment(env: Environment, id: number): Promise<void> {
  const row = await readAttachment(env, id);
  await env.model(row.res_model).write([row.res_id], {});
  await env.system("take a file off a record that may be changed, which was asked just before", (system) =>
    system.of(attachmentModel).unlink([id]),
  );
}

async function mayRead(env: Environment, holder: Holder): Promise<boolean> {
  try {
    return (await env.model(holder.model).exists([holder.id])).length === 1;
  } catch (error) {
    if (error instanceof ExpectedError) return false;
    throw error;
  }
}

function domainOf(holder: Holder) {
  return [
    ["res_model", "=", holder.model],
    ["res_id", "=", holder.id],
  ] as const;
}

/** A name as it may stand in a list and in a header: no path, no control characters. */
function fileName(name: string): string {
  const bare =
    name
      .toWellFormed()
      .normalize("NFC")
      .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
      .split(/[/\\]/)
      .at(-1)
      ?.trim() ?? "";
  const short = [...bare].slice(0, 200).join("");
  return short === "" || /^\.+$/.test(short) ? "file" : short;
}

function mediaType(text: string): string {
  const [type = ""] = text.toLowerCase().split(";");
  return /^[a-z]+\/[a-z0-9][a-z0-9.+-]{0,100}$/.test(type.trim()) ? type.trim() : "application/octet-stream";
}

function missing(): ExpectedError {
  return new ExpectedError("not_found", "This file is not there, or you may not see it.");
}
