/** The reference as a process: `node:http` and the driver, one statement a request, rows as JSON. */
import { once } from "node:events";
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import pg from "pg";
import type { BareOrder } from "./bare-server.ts";

const [order] = (await once(process, "message")) as [BareOrder];
const { host, port, database, user } = order.connection;
const pool = new pg.Pool({ host, port, database, user, max: order.connections });

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = order.routes[request.url ?? ""];
  if (route === undefined) return void response.writeHead(404).end();
  const values = route.values ?? (JSON.parse(await bodyOf(request)) as unknown[]);
  const { rows } = await pool.query(route.text, [...values]);
  const body = JSON.stringify(rows);
  response.writeHead(200, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const listener = (request: IncomingMessage, response: ServerResponse): void => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.writeHead(500).end();
  });
};
const server =
  order.tls === null
    ? createPlainServer(listener)
    : createTlsServer({ cert: order.tls.certificatePem, key: order.tls.keyPem }, listener);
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.send?.((server.address() as AddressInfo).port);
