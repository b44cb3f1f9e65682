import assert from "node:assert/strict";
import { test } from "node:test";
import { isPublicAddress } from "../http/public-address.ts";
import { webhookSender } from "./send.ts";

test("a name that nobody has is told like one that leads inside: failures list no names of this network", async () => {
  const nowhere = async (): Promise<never> => {
    throw Object.assign(new Error("getaddrinfo ENOTFOUND db.internal"), { code: "ENOTFOUND" });
  };
  const message = { url: "https://db.internal/", headers: {}, body: "{}" };
  const told = [async () => ["10.0.0.1"], nowhere].map((resolve) => webhookSender({ resolve }).send(message));
  const [inside, unknown] = await Promise.all(told);
  assert.deepEqual(unknown, inside);
});

test("which addresses are public: none of the special registries, none that maps to another", () => {
  const no =
    "0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.168.1.1 198.18.0.1 224.0.0.1 255.255.255.255 :: ::1 ::ffff:8.8.8.8 64:ff9b::808:808 fe80::1 fc00::1 ff02::1 2001:db8::1 2002:7f00:1::1 2001::1 fe80::1%eth0 no.address 1";
  for (const address of no.split(" ")) assert.equal(isPublicAddress(address), false, address);
  for (const address of ["8.8.8.8", "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
    assert.equal(isPublicAddress(address), true, address);
});
