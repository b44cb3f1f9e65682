import assert from "node:assert/strict";
import { test } from "node:test";
import { ExpectedError } from "@holdfast/kernel/errors";
import { outgoingAddresses } from "./outgoing-address.ts";
import { outgoingFetch } from "./outgoing-fetch.ts";
import { isPublicAddress } from "./public-address.ts";

test("loopback, private, link-local, shared, mapped and embedding addresses are not public", () => {
  const inner = [
    "127.0.0.1",
    "10.1.2.3",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "fe80::1%eth0",
    "fc00::1",
    "2002:7f00:1::",
    "2001:db8::1",
    "not an address",
    "",
  ];
  for (const address of inner) assert.equal(isPublicAddress(address), false, address);
  for (const address of ["9.9.9.9", "172.32.0.1", "2620:fe::fe", "2a00:1450:4001::1"])
    assert.equal(isPublicAddress(address), true, address);
});

test("a name or number of this machine is refused in every spelling, unless the administrator allows it", async () => {
  for (const host of ["localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "::ffff:127.0.0.1"])
    await assert.rejects(
      outgoingAddresses(host, { allowPrivate: false }),
      (error: unknown) => error instanceof ExpectedError && error.code === "access_denied",
      host,
    );
  assert.equal((await outgoingAddresses("127.0.0.1", { allowPrivate: true }))[0].address, "127.0.0.1");
});

test("only https is asked, and no login stands in an address", async () => {
  for (const address of [
    "http://9.9.9.9/",
    "https://a:b@9.9.9.9/",
    "file:///etc/passwd",
    "javascript:1",
    "x",
  ])
    await assert.rejects(outgoingFetch(address, {}, { allowPrivate: true }), /https/, address);
});
