import { errorReply, publicError } from "@holdfast/framework/http/error-reply";
import { jsonReply } from "@holdfast/framework/http/reply";
import type { Reply, RouteRequest } from "@holdfast/framework/http/route";
import { ExpectedError } from "@holdfast/kernel/errors";
import { largestUploadBytes, type UploadState } from "@holdfast/protocol/upload-methods";

const version = "1.0.0";

/** The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload). @param state - of the upload in question. */
export function tusHeaders(state?: UploadState): Readonly<Record<string, string>> {
  const common = { "tus-resumable": version, "cache-control": "no-store" };
  if (state === undefined) return common;
  return {
    ...common,
    "upload-offset": String(offsetOf(state)),
    "upload-length": String(state.bytes),
    "upload-expires": new Date(state.expiresAt).toUTCString(),
    ...(state.metadata === "" ? {} : { "upload-metadata": state.metadata }),
  };
}

/** Of what was taken in nothing is kept, and nothing more is to be sent. */
const offsetOf = ({ ended, bytes, offset }: UploadState): number =>
  ended !== null && "backupId" in ended ? bytes : offset;

/** What a client may ask before anything else, also without being signed in: the same for everybody. */
export const tusAbilities: Reply = {
  status: 204,
  headers: {
    "tus-version": version,
    "tus-extension": "creation,expiration,termination",
    "tus-max-size": String(largestUploadBytes),
  },
};

/** @returns the refusal of a client that speaks another version, or does not say which; nothing is done for it. */
export function otherVersion(request: Pick<RouteRequest, "headers">): Reply | undefined {
  if (request.headers["tus-resumable"] === version) return undefined;
  const error = { code: "invalid", message: `This address speaks tus ${version}.`, hint: howToSay };
  const { headers, ...rest } = jsonReply({ error }, 412);
  return { ...rest, headers: { ...headers, ...tusHeaders(), "tus-version": version } };
}

const howToSay = `Send the header Tus-Resumable: ${version}.`;

/** A refusal as JSON, with what every answer of the protocol has. */
export function tusRefusal(error: unknown, reference: string): Reply {
  const reply = errorReply(publicError(error, reference), "application/json");
  return { ...reply, headers: { ...reply.headers, ...tusHeaders() } };
}

/** @throws ExpectedError `invalid`, `too_large`. */
export function tusLength(text: string | undefined): number {
  const bytes = wholeNumber(text, "Upload-Length");
  if (bytes === 0) throw new ExpectedError("invalid", "The file is empty.");
  if (bytes > largestUploadBytes)
    throw new ExpectedError("too_large", `A zip has at most ${largestUploadBytes / 2 ** 30} GB.`, {
      hint: "An operator takes larger ones in with `bin/holdfast backup import NAME - <FILE`.",
    });
  return bytes;
}

/** @throws ExpectedError `invalid`. */
export function tusOffset(text: string | undefined): number {
  return wholeNumber(text, "Upload-Offset");
}

/** What a client says of a file besides its size, told again when it asks. At most so long. */
const metadataLength = 4_096;
const metadataForm = /^(?:[\x21-\x2b\x2d-\x7e]+(?: [A-Za-z0-9+/]*={0,2})?(?:, ?(?=[^,])|$))*$/;

/**
 * Names with values in base64, separated by commas; what is not known is left to the caller.
 *
 * @throws ExpectedError `invalid`.
 */
export function tusMetadata(text = ""): {
  readonly text: string;
  readonly values: Readonly<Record<string, string | undefined>>;
} {
  if (text.length > metadataLength || !metadataForm.test(text))
    throw new ExpectedError("invalid", "The header Upload-Metadata has names with values in base64.", {
      hint: `Separate them by commas; at most ${metadataLength} characters.`,
    });
  const pairs = text.split(",").map((pair) => {
    const [name = "", value = ""] = pair.trim().split(" ");
    return [name, Buffer.from(value, "base64").toString("utf8")] as const;
  });
  return { text, values: Object.assign(Object.create(null), Object.fromEntries(pairs)) };
}

function wholeNumber(text: string | undefined, header: string): number {
  if (!/^\d{1,15}$/.test(text ?? ""))
    throw new ExpectedError("invalid", `The header ${header} is a number of bytes.`);
  return Number(text);
}
