import { type Readable, Transform } from "node:stream";
import { ExpectedError } from "@holdfast/kernel/errors";

/** How slow a large body may come in. Time in which we do not take bytes ourselves counts for nothing. */
export interface UploadLimits {
  /** Longest wait for the next byte. */
  readonly idleMilliseconds: number;
  /** What has to come in each span of `spanMilliseconds`. */
  readonly leastBytesPerSecond: number;
  readonly spanMilliseconds: number;
}

/** A telephone line gets through; whoever sends a byte now and then to hold a place does not. */
export const uploadLimits: UploadLimits = {
  idleMilliseconds: 60_000,
  leastBytesPerSecond: 4_096,
  spanMilliseconds: 120_000,
};
const looksPerSpan = 20;

/**
 * Passes bytes on until the limit, for as long as they keep coming; then fails the stream, and with it whoever reads
 * it. The time of the whole is the server's to bound: a large body over a slow line may take hours.
 *
 * @throws (as the stream's failure) ExpectedError `too_large`, `bad_request` when it is cut off, stands still or is
 *   slower than the least.
 */
export function slowUpload(
  stream: Readable,
  limitBytes: number,
  { idleMilliseconds, leastBytesPerSecond, spanMilliseconds }: UploadLimits = uploadLimits,
): Readable {
  let bytes = 0;
  let inSpan = { bytes: 0, milliseconds: 0 };
  let quietMilliseconds = 0;
  const body = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      inSpan.bytes += chunk.byteLength;
      quietMilliseconds = 0;
      if (bytes > limitBytes)
        done(new ExpectedError("too_large", `the request's body is larger than ${limitBytes} bytes`));
      else done(null, chunk);
    },
  });
  const every = Math.min(idleMilliseconds, spanMilliseconds) / looksPerSpan;
  const look = setInterval(() => {
    // It is we who are slow: the sender waits for us.
    if (body.writableNeedDrain) return;
    quietMilliseconds += every;
    inSpan.milliseconds += every;
    if (quietMilliseconds > idleMilliseconds)
      body.destroy(tooSlow(`no byte came for ${idleMilliseconds / 1_000} s`));
    if (inSpan.milliseconds < spanMilliseconds) return;
    if (inSpan.bytes < (leastBytesPerSecond * spanMilliseconds) / 1_000)
      body.destroy(tooSlow(`fewer than ${leastBytesPerSecond} bytes a second came`));
    inSpan = { bytes: 0, milliseconds: 0 };
  }, every);
  body.once("close", () => clearInterval(look));
  // Whoever reads it later gets the failure too; before that it is nobody's, and must not end the process.
  body.on("error", () => undefined);
  const cutOff = (cause?: Error): void => {
    clearInterval(look);
    if (!body.writableEnded)
      body.destroy(new ExpectedError("bad_request", "the request was cut off", { cause }));
  };
  stream.once("end", () => clearInterval(look));
  stream.once("error", cutOff).once("close", () => cutOff());
  return stream.pipe(body);
}

function tooSlow(why: string): ExpectedError {
  return new ExpectedError("bad_request", `the upload was given up: ${why}`, {
    hint: "Send it again over a better line.",
  });
}
