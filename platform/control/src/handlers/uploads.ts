import { buffer } from "node:stream/consumers";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type Handler, handle, handleUpload } from "@holdfast/protocol/serve";
import type { Owner } from "@holdfast/protocol/transfer-methods";
import {
  appendToUpload,
  beginUpload,
  dropUpload,
  lookAtUpload,
  takeUpload,
  uploadBlockBytes,
} from "@holdfast/protocol/upload-methods";
import type { ControlContext } from "../context.ts";
import { ownerOf } from "../uploads/owning-database.ts";
import { takeIn } from "../uploads/take-in.ts";
import { refuseTaken, takeInAsNew } from "../uploads/take-in-new.ts";
import type { UploadNote } from "../uploads/upload-note.ts";
import type { UploadOwner } from "../uploads/upload-store.ts";
import type { TakeIn } from "../uploads/uploads.ts";

interface Asked {
  readonly of: Owner;
  readonly person: number;
}

/**
 * Zips that come in by pieces, each owner's own: an upload is found by whose it is, never by its id alone. Claim BAK-4.
 *
 * @param door - the server names owners by tenant, as its host names do: it never says that an operator vouches.
 */
export function uploadHandlers(context: ControlContext, door: "operator" | "server"): Handler[] {
  const { parts, uploads, config } = context;
  const owner = async ({ of, person }: Asked): Promise<UploadOwner> => {
    if ("customer" in of) {
      if (door === "server") throw new ExpectedError("access_denied", "Owners are named by tenant here.");
      return { tenantId: (await ownerOf(parts, of)).tenantId, person };
    }
    if (of.tenantId !== config.controlTenantId) await ownerOf(parts, of);
    return { tenantId: of.tenantId, person };
  };
  const refuseForeign = (as: UploadNote["as"], { tenantId }: UploadOwner): void => {
    if (as !== null && tenantId !== config.controlTenantId)
      throw new ExpectedError("access_denied", "New customers are made in the panel.");
  };
  return [
    handle(beginUpload, async ({ by, name, metadata, bytes, as, ...asked }) => {
      const whose = await owner(asked);
      refuseForeign(as, whose);
      if (as !== null) await refuseTaken(parts, as);
      parts.log("info", "a zip is being sent", { by, bytes });
      return uploads.begin(whose, { name, metadata, bytes, as });
    }),
    handle(lookAtUpload, async (asked) => uploads.look(await owner(asked))),
    handleUpload(appendToUpload, async ({ uploadId, offset, ...asked }, { body }) => {
      const block = await shortBlock(body);
      return uploads.append(await owner(asked), uploadId, { offset, block });
    }),
    handle(takeUpload, async ({ by, as, uploadId, ...asked }) => {
      const whose = await owner(asked);
      refuseForeign(as, whose);
      return uploads.take(whose, uploadId, { as, work: workOf(context, asked.of, by) });
    }),
    handle(dropUpload, async ({ uploadId, ...asked }) => ({
      changed: await uploads.drop(await owner(asked), uploadId),
    })),
  ];
}

/** The place is asked for before anything is made. */
function workOf(context: ControlContext, of: Owner, by: string): TakeIn {
  const { parts, places } = context;
  return async ({ note: { as, tenantId }, body, signal, made }) => {
    const incoming = { by, body, signal };
    if (as !== null)
      return places.while({ tenantId: `new ${as.customer}`, name: as.customer }, () =>
        takeInAsNew(context, as, { ...incoming, made }),
      );
    const { name } = await ownerOf(parts, of);
    return places.while({ tenantId, name }, () => takeIn(parts, { of, ...incoming }));
  };
}

async function shortBlock(body: AsyncIterable<Buffer>): Promise<Buffer> {
  let bytes = 0;
  const counted = async function* () {
    for await (const piece of body) {
      bytes += piece.byteLength;
      if (bytes > uploadBlockBytes)
        throw new ExpectedError("too_large", `A block has at most ${uploadBlockBytes} bytes.`);
      yield piece;
    }
  };
  return buffer(counted());
}
