import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, test } from "node:test";
import { Places } from "@holdfast/framework/http/admission";
import { type Host, requestListener } from "@holdfast/framework/http/listener";
import { countedSource } from "@holdfast/framework/http/source-address";
import { systemClock } from "@holdfast/kernel/clock";
import { silentLog } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

/** A listener of four places whose hosts are found only when told, so that requests pile up. */
async function slowServer(requestsPerSource: number) {
  const waiting: (() => void)[] = [];
  const listener = requestListener({
    findHost: () => new Promise<Host | null>((resolve) => waiting.push(() => resolve(null))),
    assets: new Map(),
    admission: {
      ...{ requests: 4, requestsPerSource, connections: 100, connectionsPerSource: 100 },
      ...{ files: 2, filesPerSource: 1 },
    },
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const release = () => waiting.splice(0).map((go) => go());
  closing.push(() => {
    release();
    server.close();
    server.closeAllConnections();
  });
  return { port, release, waiting };
}

function get(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => undefined);
  socket.write("GET / HTTP/1.1\r\nHost: acme.localhost\r\nConnection: close\r\n\r\n");
  return new Promise((resolve) => socket.on("close", () => resolve(Buffer.concat(chunks).toString())));
}

async function until(condition: () => boolean): Promise<void> {
  const limit = Date.now() + 5_000;
  while (!condition()) {
    assert.ok(Date.now() < limit, "it did not come to that");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("beyond its places a process says 503 at once, and answers again when there is room", async () => {
  const { port, release, waiting } = await slowServer(10);
  const first = Array.from({ length: 4 }, () => get(port));
  await until(() => waiting.length === 4);
  const shed = await get(port);
  assert.match(shed, /^HTTP\/1\.1 503 /);
  assert.match(shed, /\r\nretry-after: \d+\r\n/i);
  release();
  for (const answer of await Promise.all(first)) assert.match(answer, /^HTTP\/1\.1 404 /);
  const again = get(port);
  await until(() => waiting.length === 1);
  release();
  assert.match(await again, /^HTTP\/1\.1 404 /);
});

test("one source cannot take all places", async () => {
  const { port, release, waiting } = await slowServer(2);
  const first = [get(port), get(port)];
  await until(() => waiting.length === 2);
  assert.match(await get(port), /^HTTP\/1\.1 503 /);
  release();
  await Promise.all(first);
});

test("places are counted by source and given back once, however often one says so", () => {
  const places = new Places(3, 2);
  const [a, b] = [places.take("a"), places.take("a")];
  assert.equal(places.take("a"), undefined);
  const other = places.take("b");
  assert.equal(places.take("c"), undefined);
  a?.();
  a?.();
  assert.equal(places.taken, 2);
  assert.ok(places.take("a"));
  b?.();
  other?.();
});

test("an IPv6 subscriber is one source, whatever address of the /64; mapped IPv4 is IPv4", () => {
  assert.equal(countedSource("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  assert.equal(countedSource("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  assert.notEqual(countedSource("2001:db8:1:3::9"), countedSource("2001:db8:1:2::9"));
  assert.equal(countedSource("::ffff:192.0.2.7"), "192.0.2.7");
  assert.equal(countedSource("::1"), "0:0:0:0::/64");
  assert.equal(countedSource("fe80::1%eth0"), "fe80:0:0:0::/64");
});
