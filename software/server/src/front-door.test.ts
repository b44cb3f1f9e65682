import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { type RunningTest, runningServer } from "./testing/running.ts";

let run: RunningTest;

before(async () => {
  run = await runningServer();
});
after(() => run.stop());

async function plain(text: string): Promise<string> {
  const socket = connectPlain(run.port, "127.0.0.1");
  socket.write(text);
  return readAll(socket);
}

async function readAll(socket: Socket | TLSSocket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => undefined);
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}

async function tls(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({
    port: run.port,
    host: "127.0.0.1",
    servername: "acme.localhost",
    ca: run.caPem,
    ...options,
  });
  await once(socket, "secureConnect");
  return socket;
}

test("plain HTTP reads are led to the same address with https", async () => {
  const answer = await plain("GET /web/login?next=/x HTTP/1.1\r\nHost: acme.localhost:1\r\n\r\n");
  assert.match(answer, /^HTTP\/1\.1 308 /);
  assert.match(answer, /\r\nlocation: https:\/\/acme\.localhost:1\/web\/login\?next=\/x\r\n/i);
  assert.doesNotMatch(answer, /strict-transport|set-cookie/i);
});

test("plain HTTP that carries something is refused and reaches no page", async () => {
  const before = run.logged.length;
  const body = "login=ann&password=secret";
  const answer = await plain(
    `POST /web/login HTTP/1.1\r\nHost: acme.localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  assert.match(answer, /^HTTP\/1\.1 403 /);
  assert.equal(run.logged.length, before);
});

test("a plain request with a hostile host or no host gets no redirect", async () => {
  for (const host of ["evil.example/x", 'a"b', ""])
    assert.match(await plain(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`), /^HTTP\/1\.1 400 /);
  assert.match(await plain("GET / HTTP/1.1\r\n\r\n"), /^HTTP\/1\.1 400 /);
});

test("neither TLS 1.1 nor a cipher without authentication is spoken", async () => {
  await assert.rejects(tls({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }));
  for (const ciphers of [
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA384",
    "AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
  ])
    await assert.rejects(tls({ maxVersion: "TLSv1.2", ciphers }), ciphers);
});

test("TLS 1.2 and 1.3 are spoken with 256-bit keys", async () => {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const socket = await tls({ maxVersion });
    assert.equal(socket.getProtocol(), maxVersion);
    assert.match(socket.getCipher().standardName, /AES_256_GCM|CHACHA20/);
    socket.destroy();
  }
});

test("a host that is not ours gets one fixed answer, whatever it asks for", async () => {
  const browser = run.browser();
  const answers = [];
  for (const [host, path] of [
    ["other.localhost", "/"],
    ["other.localhost", "/web/login"],
    ["acme.localhost.evil.example", "/healthz"],
    ["localhost", "/assets/holdfast.svg"],
  ] as const)
    answers.push(await browser.ask(path, { host }));
  for (const answer of answers) {
    assert.equal(answer.status, 404);
    assert.equal(answer.body, "Not found\n");
    assert.deepEqual(Object.keys(answer.headers), Object.keys(answers[0]?.headers ?? {}));
  }
  assert.equal((await browser.ask("/healthz")).status, 404);
});

test("a client that says nothing, or its headers one byte at a time, is cut; others are served meanwhile", async () => {
  const start = performance.now();
  const silent = readAll(connectPlain(run.port, "127.0.0.1"));
  const slow = await tls();
  const drip = setInterval(() => slow.write("X"), 500);
  slow.write("GET / HTTP/1.1\r\nHost: acme.localhost\r\nX-Slow: ");
  const slowAnswer = readAll(slow);
  assert.equal((await run.browser().ask("/web/login")).status, 200);
  assert.equal(await silent, "");
  assert.match(await slowAnswer, /^HTTP\/1\.1 408 /);
  clearInterval(drip);
  assert.ok(performance.now() - start < 14_000);
});

test("a body over the route's limit is refused before it is read", async () => {
  const socket = await tls();
  socket.write(
    `POST /web/login HTTP/1.1\r\nHost: acme.localhost:${run.port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99999999\r\n\r\n`,
  );
  assert.match(await readAll(socket), /^HTTP\/1\.1 413 /);
  const body = "x".repeat(40_000);
  const answer = await run.browser().post("/web/login", { login: body });
  assert.equal(answer.status, 413);
});

test("headers over 16 KiB, two lengths, and a length with chunks are refused", async () => {
  const heads = [
    `GET / HTTP/1.1\r\nHost: acme.localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
    "POST /web/login HTTP/1.1\r\nHost: acme.localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "POST /web/login HTTP/1.1\r\nHost: acme.localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET /\u0000 HTTP/1.1\r\nHost: acme.localhost\r\n\r\n",
  ];
  for (const head of heads) {
    const socket = await tls();
    socket.write(head);
    assert.match(await readAll(socket), /^HTTP\/1\.1 4\d\d /, head.slice(0, 60));
  }
});

test("every answer carries the strict headers", async () => {
  const browser = run.browser();
  for (const path of ["/web/login", "/nowhere", "/web/reset/1.aaaa"]) {
    const { headers } = await browser.ask(path);
    assert.match(
      headers["content-security-policy"] ?? "",
      /default-src 'none'.*require-trusted-types-for 'script'/,
    );
    assert.doesNotMatch(headers["content-security-policy"] ?? "", /unsafe|\*/);
    assert.match(headers["strict-transport-security"] ?? "", /max-age=63072000/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], path.includes("reset") ? "no-referrer" : "same-origin");
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["x-powered-by"], undefined);
    assert.equal(headers["server"], undefined);
  }
});

test("two answers never share a nonce", async () => {
  const browser = run.browser();
  const nonce = async () =>
    /nonce-([^']+)/.exec((await browser.ask("/web/login")).headers["content-security-policy"] ?? "")?.[1];
  assert.notEqual(await nonce(), await nonce());
});

test("the stylesheet is kept for a year under a name of its content, compressed as the browser takes it", async () => {
  const browser = run.browser();
  const path = /href="(\/assets\/pages-[^"]+\.css)"/.exec((await browser.ask("/web/login")).body)?.[1] ?? "";
  const packed = await browser.ask(path, { headers: { "accept-encoding": "gzip, br" } });
  assert.equal(packed.headers["content-encoding"], "br");
  assert.match(packed.headers["cache-control"] ?? "", /immutable/);
  const whole = await browser.ask(path);
  assert.match(whole.body, /--accent/);
  assert.equal(
    (await browser.ask(path, { headers: { "if-none-match": whole.headers["etag"] ?? "" } })).status,
    304,
  );
});

test("paths that climb, point elsewhere or are broken lead nowhere", async () => {
  const browser = run.browser();
  for (const path of [
    "/assets/../package.json",
    "/assets/%2e%2e/x",
    "//evil.example/",
    "/web/reset/%",
    "/web/%00",
    "/%",
    "/web/login/../../etc/passwd",
  ]) {
    const { status } = await browser.ask(path, { headers: { accept: "application/json" } });
    assert.ok(status === 404 || status === 401, `${path}: ${status}`);
  }
});

test("another method is refused with those that are there", async () => {
  const answer = await run.browser().ask("/web/login", { method: "DELETE" });
  assert.equal(answer.status, 405);
  assert.equal(answer.headers["allow"], "GET, POST");
});

test("a request that names two hosts is refused, whichever comes first", async () => {
  for (const hosts of [
    ["acme.localhost", "evil.example"],
    ["acme.localhost", "acme.localhost"],
  ]) {
    const socket = await tls();
    const names = hosts.map((host) => `Host: ${host}\r\n`).join("");
    socket.write(`GET /web/login HTTP/1.1\r\n${names}Connection: close\r\n\r\n`);
    assert.match(await readAll(socket), /^HTTP\/1\.1 400 /);
  }
});
