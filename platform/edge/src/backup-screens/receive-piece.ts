import { Readable } from "node:stream";
import { Places } from "@holdfast/framework/http/admission";
import { jsonReply } from "@holdfast/framework/http/reply";
import type { Reply, RouteRequest } from "@holdfast/framework/http/route";
import { ExpectedError } from "@holdfast/kernel/errors";
import { upload } from "@holdfast/protocol/call-bytes";
import { appendToUpload, type UploadState, uploadBlockBytes } from "@holdfast/protocol/upload-methods";
import { blocksOf } from "./block-stream.ts";
import { asked, type ImportParts } from "./import-access.ts";
import { tusHeaders, tusOffset } from "./tus.ts";

/**
 * A block that has not come by then ends the piece; at the slowest speed that is taken at all, one gets through. Of the
 * whole piece there is a longest time too, so that others get its place: its sender goes on with the next one.
 */
const limitSeconds = { block: 300, piece: 3_600 } as const;
/** Pieces that one process receives at once: each holds up to two blocks in memory. */
const piecesAtOnce = { inAll: 32, ofCustomer: 4 } as const;
const places = new Places(piecesAtOnce.inAll, piecesAtOnce.ofCustomer);

/**
 * Keeps what comes, block by block, each in a short call, so that a slow sender holds nothing of control's.
 *
 * @returns 204 with the new offset; 409 with the offset at which the next piece belongs.
 * @throws ExpectedError when the line breaks, is too slow, or the sender's right ends: the blocks before that are kept.
 */
export async function receivePiece(
  { controlSocket }: ImportParts,
  request: RouteRequest,
  state: UploadState,
): Promise<Reply> {
  if (request.headers["content-type"] !== "application/offset+octet-stream")
    throw new ExpectedError("unsupported_media", "A piece is sent as application/offset+octet-stream.");
  const offset = tusOffset(request.headers["upload-offset"]);
  if (offset !== state.offset) return elsewhere(state);
  const leave = places.take(request.tenant.id);
  if (leave === undefined)
    throw new ExpectedError("unavailable", "Too many zips are being sent at the moment.", {
      hint: "It goes on by itself.",
      retryAfterSeconds: 10,
    });
  const { stream } = request;
  const slow = () => setTimeout(() => stream.destroy(tooSlow()), limitSeconds.block * 1_000);
  let late = slow();
  const giveWayAt = performance.now() + limitSeconds.piece * 1_000;
  const { standing } = request.actor;
  const ended = () => stream.destroy(standing?.reason as Error);
  standing?.addEventListener("abort", ended, { once: true });
  const { uploadId } = state;
  try {
    let at = offset;
    const sizes = { blockBytes: uploadBlockBytes, restBytes: state.bytes - offset };
    for await (const block of blocksOf(stream, sizes)) {
      standing?.throwIfAborted();
      const sent = { input: { ...asked(request), uploadId, offset: at }, body: Readable.from([block]) };
      const kept = await upload(controlSocket, appendToUpload, sent);
      if (!kept.isNext) return elsewhere({ ...state, offset: kept.offset });
      at = kept.offset;
      clearTimeout(late);
      if (performance.now() > giveWayAt) break;
      late = slow();
    }
    return { status: 204, headers: tusHeaders({ ...state, offset: at }) };
  } finally {
    clearTimeout(late);
    standing?.removeEventListener("abort", ended);
    leave();
  }
}

function elsewhere(state: UploadState): Reply {
  const error = {
    code: "conflict",
    message: `The next piece begins at byte ${tusHeaders(state)["upload-offset"]}.`,
  };
  const { headers, ...rest } = jsonReply({ error }, 409);
  return { ...rest, headers: { ...headers, ...tusHeaders(state) } };
}

function tooSlow(): ExpectedError {
  return new ExpectedError("bad_request", `A block of a piece has to come within ${limitSeconds.block} s.`, {
    hint: "Go on from what is here.",
  });
}
