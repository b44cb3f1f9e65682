import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A request that a receiver got. */
export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Somebody's HTTPS service on this machine, with a certificate for `hook.example`. */
export interface Receiver {
  readonly port: number;
  /** PEM to trust it by. */
  readonly ca: string;
  readonly received: Received[];
  /** Connections that reached it at all, spoken or not. */
  connections: number;
  /** What it answers from now on. */
  answer: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };
  /** Resolves when so many requests have come in all. */
  seen(count: number): Promise<void>;
  close(): Promise<void>;
}

const waitMilliseconds = 10_000;

/** Starts one. @param host - the loopback address that it listens on. */
export async function webhookReceiver(host = "127.0.0.1"): Promise<Receiver> {
  const { cert, key } = certificate();
  let waiting: { count: number; resolve: () => void } | undefined;
  const server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      receiver.received.push({
        path: request.url ?? "",
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks).toString("utf8"),
      });
      response.writeHead(receiver.answer.status, receiver.answer.headers).end(receiver.answer.body ?? "");
      if (waiting !== undefined && receiver.received.length >= waiting.count) waiting.resolve();
    });
  });
  server.on("connection", () => {
    receiver.connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const receiver: Receiver = {
    port: (server.address() as AddressInfo).port,
    ca: cert,
    received: [],
    connections: 0,
    answer: { status: 200 },
    seen: (count) =>
      new Promise((resolve, reject) => {
        if (receiver.received.length >= count) return resolve();
        const limit = setTimeout(
          () => reject(new Error(`only ${receiver.received.length} came`)),
          waitMilliseconds,
        );
        waiting = {
          count,
          resolve: () => {
            clearTimeout(limit);
            resolve();
          },
        };
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

function certificate(): { readonly cert: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-hook-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"],
        ...["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=hook.example"],
        ...["-addext", "subjectAltName=DNS:hook.example"],
      ],
      { stdio: "pipe" },
    );
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
