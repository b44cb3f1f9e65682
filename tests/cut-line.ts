import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** See {@link cutLine}. */
export interface CutLine {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A line to a port of this machine that ends once, in order, when so many bytes have gone up: what went before arrives.
 * Whoever connects after that is not disturbed.
 */
export async function cutLine(target: number, afterBytes: number): Promise<CutLine> {
  const sockets = new Set<Socket>();
  let left = afterBytes;
  const server = createServer((near) => {
    const far = connect({ port: target, host: "127.0.0.1" });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    far.pipe(near);
    near.on("data", (piece: Buffer) => {
      const isCut = left > 0 && piece.byteLength >= left;
      far.write(isCut ? piece.subarray(0, left) : piece);
      if (left > 0) left = Math.max(0, left - piece.byteLength);
      if (isCut) far.end(() => near.resetAndDestroy());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
