import type { RequestListener } from "node:http";
import { createServer as createPlainServer, type Server as HttpServer } from "node:http";
import { createServer as createTlsServer, type Server as HttpsServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";
import { type AdmissionLimits, Places } from "@holdfast/framework/http/admission";
import type { Certificate } from "@holdfast/framework/http/hooks";
import { countedSource } from "@holdfast/framework/http/source-address";
import type { Certificates } from "./certificates.ts";
import { redirectToHttps } from "./redirect.ts";
import { tlsSettings } from "./tls-settings.ts";

/** One port for all: TLS is served, plain HTTP is only led to https. */
export interface FrontDoor {
  listen(port: number, host: string): Promise<number>;
  /** Takes no more connections, ends idle ones; resolves when the last answer is out, or after the limit. */
  close(limitMilliseconds: number): Promise<void>;
}

const tlsRecord = 0x16;
/**
 * Limits on slow clients, in milliseconds: first byte, headers, whole request, quiet between requests. A whole
 * request may be a large zip over a slow line: other bodies have a shorter time in body.ts, and zips a least rate.
 */
export const slowClient = {
  firstByte: 10_000,
  headers: 10_000,
  request: 86_400_000,
  idle: 15_000,
  checkEvery: 1_000,
} as const;
const maxHeaderBytes = 16_384;
const maxRequestsPerConnection = 1_000;

/**
 * Opens the door of one process. Plain HTTP and TLS arrive on the same port, because a browser that was told to use
 * https only (HSTS) keeps the port; the first byte tells them apart (RFC 8446: a handshake record is 22).
 * Source: claims PWD-3, ENC-1, NET-1.
 */
export function frontDoor(
  answer: RequestListener,
  options: {
    readonly certificates: Certificates;
    /** For clients that name no host in the handshake. */
    readonly own: Certificate;
    readonly admission: AdmissionLimits;
  },
): FrontDoor {
  const own = { cert: options.own.certificatePem, key: options.own.keyPem };
  const https = createTlsServer(
    { ...tlsSettings, ...httpLimits, ...own, SNICallback: options.certificates.forName },
    answer,
  );
  const http = createPlainServer(httpLimits, redirectToHttps);
  for (const server of [https, http]) guarded(server);
  const places = new Places(options.admission.connections, options.admission.connectionsPerSource);
  const servers: Server[] = [];
  const listener = (socket: Socket) => admit(socket, places, { https, http });
  return {
    listen: (port, host) => {
      const server = createServer(listener);
      servers.push(server);
      return listening(server, port, host);
    },
    close: (limitMilliseconds) => close(servers, https, http, limitMilliseconds),
  };
}

const httpLimits = {
  headersTimeout: slowClient.headers,
  requestTimeout: slowClient.request,
  keepAliveTimeout: slowClient.idle,
  connectionsCheckingInterval: slowClient.checkEvery,
  maxHeaderSize: maxHeaderBytes,
  requireHostHeader: true,
  insecureHTTPParser: false,
} as const;

/** The servers get their connections from us, so the checks that listening would start are started by hand. */
function guarded(server: HttpServer | HttpsServer): void {
  server.maxRequestsPerSocket = maxRequestsPerConnection;
  server.emit("listening");
  server.on("tlsClientError", (_error, socket: Socket) => socket.destroy());
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
    const status = error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? "408 Request Timeout" : "400 Bad Request";
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
}

function admit(
  socket: Socket,
  places: Places,
  to: { readonly https: HttpsServer; readonly http: HttpServer },
): void {
  socket.on("error", () => socket.destroy());
  const leave = places.take(countedSource(socket.remoteAddress));
  if (leave === undefined) return void socket.destroy();
  socket.once("close", leave);
  socket.setNoDelay(true);
  const silent = setTimeout(() => socket.destroy(), slowClient.firstByte);
  socket.once("close", () => clearTimeout(silent));
  socket.once("data", (first: Buffer) => {
    clearTimeout(silent);
    socket.pause();
    socket.unshift(first);
    const server = first[0] === tlsRecord ? to.https : to.http;
    server.emit("connection", socket);
    process.nextTick(() => socket.resume());
  });
}

function listening(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

async function close(
  servers: readonly Server[],
  https: HttpsServer,
  http: HttpServer,
  limitMilliseconds: number,
): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  const drained = Promise.all(closed);
  const endIdle = () => {
    https.closeIdleConnections();
    http.closeIdleConnections();
  };
  endIdle();
  const again = setInterval(endIdle, 50);
  const limit = new Promise<void>((resolve) => setTimeout(resolve, limitMilliseconds).unref());
  await Promise.race([drained, limit]);
  clearInterval(again);
  https.closeAllConnections();
  http.closeAllConnections();
}
