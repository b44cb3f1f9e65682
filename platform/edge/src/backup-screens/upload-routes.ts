import { jsonReply } from "@holdfast/framework/http/reply";
import type { Reply, Route, RouteRequest } from "@holdfast/framework/http/route";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId, type UploadId } from "@holdfast/kernel/id";
import { call } from "@holdfast/protocol/call";
import {
  beginUpload,
  dropUpload,
  largestUploadBytes,
  lookAtUpload,
  newCustomerSchema,
  takeUpload,
  type UploadState,
} from "@holdfast/protocol/upload-methods";
import { asked, type ImportParts, isPanel, whoImports } from "./import-access.ts";
import { receivePiece } from "./receive-piece.ts";
import { otherVersion, tusAbilities, tusHeaders, tusLength, tusMetadata, tusRefusal } from "./tus.ts";

const uploads = "/backups/uploads";
const one = "/backups/uploads/:id";

/**
 * Zips by pieces, after the protocol tus 1.0.0 (core, creation, termination, expiration): a line that breaks costs a
 * block, not the whole. An upload is found by whose it is: another's id is not found. The password is asked for once,
 * at its beginning: pieces come for hours. Reading as JSON and taking in are ours, beside the protocol. Claim BAK-4.
 */
export function uploadRoutes(parts: ImportParts): Route[] {
  const change = { who: "user", csrf: "origin", body: "none", bodyLimitBytes: 0 } as const;
  const read = { method: "GET", who: "user", csrf: "none", body: "none", bodyLimitBytes: 0 } as const;
  const route = (rest: Omit<Route, "handle">, handle: (request: RouteRequest) => Promise<Reply>): Route => ({
    ...rest,
    refused: tusRefusal,
    handle: (request) => handle(whoImports(parts, request)),
  });
  const tus = (rest: Omit<Route, "handle">, handle: (request: RouteRequest) => Promise<Reply>): Route =>
    route(rest, async (request) => otherVersion(request) ?? (await handle(request)));
  return [
    ...[uploads, one].map((path) => abilities(path)),
    route({ ...read, path: uploads, summary: "The zip that one was sending, and how far it is" }, (request) =>
      own(parts, request),
    ),
    tus(
      { ...change, method: "POST", path: uploads, recent: true, summary: "Begins to send a zip by pieces" },
      (request) => begin(parts, request),
    ),
    route({ ...read, programs: true, path: one, summary: "How far one's own upload is" }, (request) =>
      request.method === "HEAD" ? head(parts, request) : look(parts, request),
    ),
    tus(
      {
        ...change,
        method: "PATCH",
        path: one,
        body: "stream",
        bodyLimitBytes: largestUploadBytes,
        summary: "Adds the body, the next piece of a zip, to one's own upload",
      },
      async (request) => receivePiece(parts, request, await theirs(parts, request)),
    ),
    tus(
      { ...change, method: "DELETE", path: one, summary: "Cancels one's own upload; nothing of it is kept" },
      async (request) => {
        const { uploadId } = await theirs(parts, request);
        await call(parts.controlSocket, dropUpload, { ...asked(request), uploadId });
        return { status: 204, headers: tusHeaders() };
      },
    ),
    route(
      {
        ...change,
        method: "POST",
        path: "/backups/uploads/:id/take",
        summary: "Takes a zip in that was sent whole, as a backup; in the panel into a new customer",
      },
      (request) => take(parts, request),
    ),
  ];
}

/** For everybody: it says nothing of this database. */
function abilities(path: string): Route {
  return {
    method: "OPTIONS",
    path,
    who: "anyone",
    csrf: "none",
    body: "none",
    bodyLimitBytes: 0,
    summary: "Which version and parts of tus zips are sent by",
    handle: async () => tusAbilities,
  };
}

const json = { "content-type": "application/json; charset=utf-8" };

async function own(parts: ImportParts, request: RouteRequest): Promise<Reply> {
  const state = await call(parts.controlSocket, lookAtUpload, asked(request));
  return state === null ? jsonReply({ upload: null }) : shown(parts, request, state);
}

async function look(parts: ImportParts, request: RouteRequest): Promise<Reply> {
  const state = await theirs(parts, request);
  return { ...shown(parts, request, state), headers: { ...json, ...tusHeaders(state) } };
}

/** What a client goes on from. What was refused is no more: it begins anew. */
async function head(parts: ImportParts, request: RouteRequest): Promise<Reply> {
  const other = otherVersion(request);
  if (other !== undefined) return other;
  const state = await theirs(parts, request);
  if (state.ended !== null && "error" in state.ended && state.offset < state.bytes)
    throw new ExpectedError("gone", "This zip was refused.", { hint: "Begin again." });
  return { status: 200, headers: tusHeaders(state) };
}

async function begin(parts: ImportParts, request: RouteRequest): Promise<Reply> {
  const metadata = tusMetadata(request.headers["upload-metadata"]);
  const { filename = "a zip", customer, email } = metadata.values;
  const state = await call(parts.controlSocket, beginUpload, {
    ...asked(request),
    by: await parts.who(request),
    name: filename.slice(0, 200),
    metadata: metadata.text,
    bytes: tusLength(request.headers["upload-length"]),
    as: isPanel(parts, request) ? newCustomer({ customer, email }) : null,
  });
  const headers = { ...json, ...tusHeaders(state), location: `${uploads}/${state.uploadId}` };
  return { ...shown(parts, request, state), status: 201, headers };
}

async function take(parts: ImportParts, request: RouteRequest): Promise<Reply> {
  const { uploadId } = await theirs(parts, request);
  const state = await call(parts.controlSocket, takeUpload, {
    ...asked(request),
    uploadId,
    by: await parts.who(request),
    as: isPanel(parts, request) ? newCustomer(Object.fromEntries(request.url.searchParams)) : null,
  });
  return shown(parts, request, state);
}

/** @throws ExpectedError `not_found` for another's id as for one that never was. */
async function theirs(parts: ImportParts, request: RouteRequest): Promise<UploadState> {
  const id: UploadId | undefined = parseId<"upload">(request.params["id"] ?? "");
  const state = await call(parts.controlSocket, lookAtUpload, asked(request));
  if (id !== undefined && state?.uploadId === id) return state;
  throw new ExpectedError("not_found", "There is no such upload.", { hint: "Begin again." });
}

function newCustomer(given: Readonly<Record<string, string | undefined>>) {
  const parsed = newCustomerSchema.safeParse({ customer: given["customer"], email: given["email"] });
  if (parsed.success) return parsed.data;
  throw new ExpectedError("invalid", "A new customer needs a name for its address and a mail address.", {
    hint: "Small letters, digits and inner hyphens, beginning with a letter.",
  });
}

/** `location`: where what became of it is seen. */
function shown(parts: ImportParts, request: RouteRequest, upload: UploadState): Reply {
  const { ended } = upload;
  if (ended === null || !("backupId" in ended)) return jsonReply({ upload });
  const location = isPanel(parts, request) ? "/web/platform.operation" : `/backups/${ended.backupId}`;
  return jsonReply({ upload, location });
}
