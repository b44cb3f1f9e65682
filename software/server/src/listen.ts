import {
  createServer as createPlainServer,
  type Server as PlainServer,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import { type AdmissionLimits, Places } from "@holdfast/framework/http/admission";
import type { ServerHooks } from "@holdfast/framework/http/hooks";
import { countedSource, plainAddress } from "@holdfast/framework/http/source-address";
import type { Log } from "@holdfast/kernel/log";

export interface ListenOptions {
  readonly hooks: Pick<ServerHooks, "port" | "certificate">;
  readonly listener: RequestListener;
  readonly admission: AdmissionLimits;
  readonly log: Log;
}

/** A connection must say its first byte within this time, and its handshake and headers soon after. */
const waits = {
  firstByteMilliseconds: 10_000,
  handshakeMilliseconds: 10_000,
  headersMilliseconds: 15_000,
  requestMilliseconds: 300_000,
  idleMilliseconds: 65_000,
} as const;
const maxHeaderBytes = 16_384;
/** First byte of a TLS record that opens a handshake. */
const tlsHandshake = 0x16;
/** 256-bit authenticated encryption alone. Source: claims ENC-1, ENC-3. */
const ciphers = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/**
 * Listens on one port of this machine's own addresses. What begins like TLS is served; what begins like
 * plain HTTP is only sent to https, because HSTS makes browsers come to this very port. Source: claim PWD-3.
 */
export async function listen(options: ListenOptions): Promise<{ close(): Promise<void> }> {
  const secure = secureServer(options);
  const plain = redirectServer(options.hooks.port);
  const places = new Places(options.admission.connections, options.admission.connectionsPerSource);
  const accept = (socket: Socket): void => admit(socket, places, { secure, plain });
  const doors = await Promise.all(["127.0.0.1", "::1"].map((host) => open(accept, host, options)));
  return {
    close: () =>
      closeAll(
        doors.filter((door) => door !== undefined),
        [secure, plain],
      ),
  };
}

function secureServer({ hooks, listener, log }: ListenOptions): TlsServer {
  const server = createTlsServer(
    {
      minVersion: "TLSv1.2",
      ciphers,
      honorCipherOrder: true,
      handshakeTimeout: waits.handshakeMilliseconds,
      maxHeaderSize: maxHeaderBytes,
      SNICallback: (serverName, answer) => {
        contextOf(hooks, serverName.toLowerCase()).then(
          // Without a certificate of ours the handshake ends: an unknown name gets nothing, not even a name.
          (context) => (context ? answer(null, context) : answer(new Error("unknown server name"))),
          (error: Error) => answer(error),
        );
      },
    },
    listener,
  );
  limitWaits(server);
  server.on("tlsClientError", (error) => log("debug", "a handshake failed", { reason: error.message }));
  return server;
}

const contexts = new Map<string, { readonly certificatePem: string; readonly context: SecureContext }>();

async function contextOf(hooks: ListenOptions["hooks"], serverName: string): Promise<SecureContext | null> {
  const certificate = await hooks.certificate(serverName);
  if (certificate === null) return null;
  const known = contexts.get(serverName);
  if (known?.certificatePem === certificate.certificatePem) return known.context;
  const context = createSecureContext({
    cert: certificate.certificatePem,
    key: certificate.keyPem,
    minVersion: "TLSv1.2",
    ciphers,
  });
  contexts.set(serverName, { certificatePem: certificate.certificatePem, context });
  return context;
}

function redirectServer(port: number): PlainServer {
  const server = createPlainServer({ maxHeaderSize: maxHeaderBytes }, (request, response) => {
    const host = /^([a-z0-9.-]{1,253})(?::\d{1,5})?$/i.exec(request.headers.host ?? "")?.[1];
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (host === undefined || !isRead || !request.url?.startsWith("/")) refuse(response);
    else
      response
        .writeHead(308, { location: `https://${host}:${port}${request.url}`, connection: "close" })
        .end();
  });
  limitWaits(server);
  return server;
}

/** What was sent in clear is refused, so that no program gets used to sending secrets so. */
function refuse(response: ServerResponse): void {
  response.writeHead(403, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  response.end("This address speaks https only.\n");
}

function limitWaits(server: TlsServer | PlainServer): void {
  server.headersTimeout = waits.headersMilliseconds;
  server.requestTimeout = waits.requestMilliseconds;
  server.keepAliveTimeout = waits.idleMilliseconds;
}

function admit(
  socket: Socket,
  places: Places,
  { secure, plain }: { secure: TlsServer; plain: PlainServer },
): void {
  const leave = places.take(countedSource(plainAddress(socket.remoteAddress)));
  if (leave === undefined) return void socket.destroy();
  socket.once("close", leave);
  socket.on("error", () => socket.destroy());
  socket.setNoDelay(true);
  const impatience = setTimeout(() => socket.destroy(), waits.firstByteMilliseconds);
  socket.once("data", (first: Buffer) => {
    clearTimeout(impatience);
    socket.pause();
    socket.unshift(first);
    (first[0] === tlsHandshake ? secure : plain).emit("connection", socket);
    // The server has set itself up by then; before, the byte that was put back would be lost.
    process.nextTick(() => socket.resume());
  });
  socket.once("close", () => clearTimeout(impatience));
}

/** @returns undefined where this machine has no such address (no IPv6). */
function open(
  accept: (socket: Socket) => void,
  host: string,
  { hooks, log }: ListenOptions,
): Promise<Server | undefined> {
  const server = createServer(accept);
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (host !== "::1" || (error.code !== "EADDRNOTAVAIL" && error.code !== "EAFNOSUPPORT"))
        return reject(error);
      log("info", "this machine has no IPv6; only 127.0.0.1 answers");
      resolve(undefined);
    });
    server.listen({ host, port: hooks.port }, () => resolve(server));
  });
}

async function closeAll(
  doors: readonly Server[],
  servers: readonly (TlsServer | PlainServer)[],
): Promise<void> {
  await Promise.all(
    doors
      .map((door) => new Promise<void>((resolve) => door.close(() => resolve())))
      .concat(servers.map(drained)),
  );
}

function drained(server: TlsServer | PlainServer): Promise<void> {
  server.closeIdleConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
    // Never listened itself: close() answers at once with an error, which is all right.
  });
}
