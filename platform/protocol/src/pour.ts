import { finished, type Readable, type Writable } from "node:stream";

/**
 * Sends a source into a sink, which is destroyed when the source fails. The source is not destroyed when the sink
 * fails: it may be a request whose answer is still to be given on the same connection.
 */
export function pour(source: Readable, sink: Writable): void {
  finished(source, { writable: false }, (error) => {
    if (error) sink.destroy(error);
  });
  sink.on("error", () => source.unpipe(sink));
  source.pipe(sink);
}
