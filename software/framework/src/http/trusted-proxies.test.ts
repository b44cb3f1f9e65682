import assert from "node:assert/strict";
import { test } from "node:test";
import { clientAddress, noProxies, trustedProxies } from "./trusted-proxies.ts";

const proxies = trustedProxies(["10.0.0.0/8", "fd00::7"]);
const from = (peer: string, forwarded?: string | readonly string[]) =>
  clientAddress(proxies, { peer, forwarded });

test("a forwarded address is believed of a configured proxy alone", () => {
  assert.equal(from("10.1.2.3", "192.0.2.7"), "192.0.2.7");
  assert.equal(from("192.0.2.9", "198.51.100.1"), "192.0.2.9");
  assert.equal(clientAddress(noProxies, { peer: "10.1.2.3", forwarded: "192.0.2.7" }), "10.1.2.3");
});

test("what a client wrote into the header itself stands left of what the proxy saw, and counts for nothing", () => {
  assert.equal(from("10.1.2.3", "1.2.3.4, 5.6.7.8, 192.0.2.7"), "192.0.2.7");
  assert.equal(from("10.1.2.3", ["1.2.3.4", "192.0.2.7"]), "192.0.2.7");
  assert.equal(from("10.1.2.3", "192.0.2.7, 10.9.9.9, fd00::7"), "192.0.2.7");
});

test("something unreadable is the proxy's own address, not the client's choice", () => {
  assert.equal(from("10.1.2.3", "192.0.2.7, unknown"), "10.1.2.3");
  assert.equal(from("10.1.2.3", ""), "10.1.2.3");
  assert.equal(from("10.1.2.3", "192.0.2.7, _hidden, 10.4.4.4"), "10.4.4.4");
  assert.equal(from("10.1.2.3", "9.9.9.9,".repeat(10_000)), "10.1.2.3");
});

test("IPv6 in brackets, with a port, and IPv4 in IPv6 clothes are read", () => {
  assert.equal(from("fd00::7", "[2001:db8::1]:443"), "2001:db8::1");
  assert.equal(from("10.1.2.3", "::ffff:192.0.2.7"), "192.0.2.7");
});

test("a proxy that is no address is refused at start", () => {
  for (const wrong of ["proxy.example", "10.0.0.0/33", "10.0.0.0/0", "10.0.0.0/8/8", ""])
    assert.throws(() => trustedProxies([wrong]), { code: "bad_request" }, wrong);
});
