import { ExpectedError } from "@holdfast/kernel/errors";
import { largestUploadBytes, type UploadState } from "@holdfast/protocol/upload-methods";

/** The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload). @param state - of the upload in question. */
export function tusHeaders(state?: UploadState): Readonly<Record<string, string>> {
  const common = { "tus-resumable": "1.0.0", "cache-control": "no-store" };
  if (state === undefined) return common;
  return {
    ...common,
    "upload-offset": String(state.offset),
    "upload-length": String(state.bytes),
    "upload-expires": new Date(state.expiresAt).toUTCString(),
  };
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

/** Names with values in base64, separated by commas; what is not known is left to the caller. */
export function tusMetadata(text: string | undefined): Readonly<Record<string, string | undefined>> {
  const pairs = (text ?? "").slice(0, 4_096).split(",");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = "", value = ""] = pair.trim().split(" ");
      return [name, Buffer.from(value, "base64").toString("utf8")];
    }),
  );
}

function wholeNumber(text: string | undefined, header: string): number {
  if (!/^\d{1,15}$/.test(text ?? ""))
    throw new ExpectedError("invalid", `The header ${header} is a number of bytes.`);
  return Number(text);
}
