import assert from "node:assert/strict";
import { test } from "node:test";
import { localPath } from "./reply.ts";

test("an address of this host is led to as it is", () => {
  for (const path of ["/web", "/web/res.partner/7?tab=log#top", "/a//b"])
    assert.equal(localPath(path, "/web"), path);
});

test("no address leads to another host, not even when its dots are resolved", () => {
  const hostile = [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "/.//evil.example",
    "/x/..//evil.example/a",
    "/%2e//evil.example",
    "/x/%2E%2e//evil.example",
    "/..//..//evil.example",
    "/\t/evil.example",
  ];
  for (const address of hostile) assert.equal(localPath(address, "/web"), "/web", address);
});
