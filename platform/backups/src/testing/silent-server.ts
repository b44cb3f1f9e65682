import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { S3VaultSpec } from "../s3-connection.ts";
import { makeCertificate } from "./rados-gateway.ts";
import { temporaryFolder } from "./temporary.ts";

/** How an S3 server is silent, each on real TCP or TLS. */
export type Silent =
  /** It takes connections and says nothing: no handshake ends. */
  | "no handshake"
  /** TLS is up, and no request is answered. */
  | "no answer"
  /** Headers come, and some bytes of what they promise. */
  | "half an answer"
  /** A byte at a time, for ever: something always moves. */
  | "an answer in drips"
  /** A body is taken a byte at a time. */
  | "an upload in sips";

/** A server that is silent in one way. */
export interface SilentServer {
  readonly spec: S3VaultSpec;
  /** Connections that were made since the start. */
  readonly made: number;
  /** Waits until nobody holds a connection to it. */
  untilLeft(): Promise<void>;
  stop(): Promise<void>;
}

const dripMs = 10;
const place = { dataCenter: "x", city: "x", country: "FR", continent: "Europe", provider: "x" };

/** Starts one on a free port. */
export async function startSilentServer(how: Silent): Promise<SilentServer> {
  const folder = temporaryFolder("silent");
  makeCertificate(folder);
  const [key, cert] = ["tls.key", "tls.crt"].map((name) => readFileSync(join(folder, name), "utf8"));
  const server: Server | TlsServer =
    how === "no handshake"
      ? createServer()
      : createTlsServer({ key, cert, keepAlive: true }, (asked, answer) => {
          if (how === "an upload in sips" && asked.method === "PUT") sip(asked, () => isEnding);
          else speak(how, asked, answer);
        });
  const open = new Set<Socket>();
  let [made, isEnding] = [0, false];
  server.on("connection", (socket: Socket) => {
    made += 1;
    if (how === "no handshake") socket.resume(); // else nobody sees its end
    open.add(socket.on("error", () => undefined).once("close", () => open.delete(socket)));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    spec: specOf((server.address() as AddressInfo).port, cert ?? ""),
    get made() {
      return made;
    },
    untilLeft: async () => {
      isEnding = true;
      for (const socket of open) await once(socket, "close");
    },
    stop: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function speak(how: Silent, asked: IncomingMessage, answer: ServerResponse): void {
  asked.on("error", () => undefined);
  if (how === "no answer") return;
  if (how === "an upload in sips") return void answer.writeHead(404).end();
  answer.writeHead(200, { "content-length": 1_000_000 });
  if (asked.method === "HEAD") return void answer.end();
  answer.write("<");
  if (how === "an answer in drips") drip(answer);
}

function drip(answer: ServerResponse): void {
  const timer = setInterval(() => answer.write("x"), dripMs);
  answer.once("close", () => clearInterval(timer));
}

/** @param isEnding - then all is read: who reads nothing does not see the end of a connection. */
function sip(asked: IncomingMessage, isEnding: () => boolean): void {
  const timer = setInterval(() => (isEnding() ? asked.resume() : asked.read(1)), dripMs);
  asked.pause().once("close", () => clearInterval(timer));
}

function specOf(port: number, ca: string): S3VaultSpec {
  return {
    kind: "s3",
    endpoint: `https://localhost:${port}`,
    region: "x",
    bucket: "vault",
    prefix: "",
    pathStyle: true,
    ca,
    accessKeyId: "x",
    secretAccessKey: "x",
    lock: "none",
    lockDays: 1,
    enforced: false,
    place: { ...place, name: "silent", simulated: true },
  };
}
