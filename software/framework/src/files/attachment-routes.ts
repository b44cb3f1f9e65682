import { ExpectedError } from "@holdfast/kernel/errors";
import { silentLog } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { fileKeyPurpose } from "@holdfast/kernel/sealed-stream";
import { jsonReply } from "../http/reply.ts";
import type { Reply, Route, RouteRequest, Tenant } from "../http/route.ts";
import { uploadPolicy } from "../http/security-headers.ts";
import {
  type Attachment,
  addAttachment,
  attachmentsOf,
  type Holder,
  mayAttach,
  readAttachment,
  removeAttachment,
} from "./attachments.ts";
import { type FileStore, fileStore } from "./file-store.ts";

/** Largest file that is taken. */
export const maxFileBytes = 128 * 1024 * 1024;
const page = { method: "GET", who: "user", csrf: "none", body: "none", bodyLimitBytes: 0 } as const;
const change = { method: "POST", who: "user", csrf: "origin" } as const;

/** Files of records: list, upload, download, remove. Each follows the rights on its record. */
export const attachmentRoutes: readonly Route[] = [
  { ...page, path: "/web/attachments/:model/:id", summary: "Lists a record's files.", handle: list },
  {
    ...change,
    path: "/web/attachments/:model/:id",
    body: "stream",
    bodyLimitBytes: maxFileBytes,
    summary: "Hangs the body on a record as a file; ?name= says its name.",
    handle: upload,
  },
  {
    ...page,
    path: "/web/attachment/:id/:name",
    summary: "Downloads a file of a record that one may read.",
    handle: download,
  },
  {
    ...change,
    path: "/web/attachment/:id/remove",
    body: "json",
    bodyLimitBytes: 1_024,
    summary: "Takes a file off a record that one may change.",
    handle: remove,
  },
];

/** A tenant's file store. */
export function filesOf(tenant: Tenant, request?: Pick<RouteRequest, "log">): FileStore {
  const log = request?.log ?? silentLog;
  const { filesDir: folder, fileKeys } = tenant;
  const key = tenant.key(fileKeyPurpose);
  return fileStore({ folder, key, ...(fileKeys ? { keys: fileKeys } : {}), random: systemRandom, log });
}

async function list(request: RouteRequest): Promise<Reply> {
  return jsonReply((await attachmentsOf(request.reading(), holderOf(request))).map(shown));
}

/** Asks for the right first, takes the file in outside any transaction, then asks again where it counts. */
async function upload(request: RouteRequest): Promise<Reply> {
  const holder = holderOf(request);
  await request.writing((env) => mayAttach(env, holder));
  const stored = await filesOf(request.tenant, request).put(request.stream, maxFileBytes);
  const name = request.url.searchParams.get("name") ?? "file";
  const mimetype = request.headers["content-type"] ?? "";
  const id = await request.writing((env) => addAttachment(env, holder, { ...stored, name, mimetype }));
  return jsonReply({ id }, 201);
}

async function download(request: RouteRequest): Promise<Reply> {
  const found = await readAttachment(request.reading(), idOf(request));
  const body = await filesOf(request.tenant, request).open(found.sha256);
  return {
    status: 200,
    headers: {
      "content-type": found.mimetype,
      "content-length": String(found.file_size),
      "content-disposition": `attachment; filename*=UTF-8''${encoded(found.name)}`,
      "content-security-policy": uploadPolicy,
    },
    body,
  };
}

async function remove(request: RouteRequest): Promise<Reply> {
  await request.writing((env) => removeAttachment(env, idOf(request)));
  return jsonReply({ removed: true });
}

function shown(row: Attachment) {
  const { id, name, mimetype, file_size, author_id, create_date } = row;
  const url = `/web/attachment/${id}/${encoded(name)}`;
  return {
    id,
    name,
    mimetype,
    bytes: file_size,
    author: author_id?.displayName ?? "",
    date: create_date.toString(),
    url,
  };
}

function holderOf(request: RouteRequest): Holder {
  return { model: request.params["model"] ?? "", id: idOf(request) };
}

function idOf(request: RouteRequest): number {
  const text = request.params["id"] ?? "";
  if (!/^[1-9]\d{0,9}$/.test(text) || Number(text) > 2_147_483_647)
    throw new ExpectedError("not_found", "There is nothing here that you may see.");
  return Number(text);
}

/** RFC 8187: what `encodeURIComponent` leaves and a header value does not take is escaped too. */
function encoded(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*!]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
