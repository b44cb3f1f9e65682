import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseId } from "@holdfast/kernel/id";
import type { Scene, ScratchDatabase } from "@holdfast/trust/saboteur";
import { confinement } from "@holdfast/trust/scratch-server";
import { copySources } from "@holdfast/trust/source-copy";
import { claims } from "./claims.ts";
import { saboteurs } from "./saboteurs.ts";

const copy = copySources(new URL("..", import.meta.url).pathname);
const authority = makeAuthority();
after(() => {
  copy.remove();
  rmSync(authority.folder, { recursive: true });
});

test("each claim has a saboteur, and each saboteur its claim", () => {
  assert.deepEqual(
    saboteurs.map((saboteur) => saboteur.claim),
    claims.map((claim) => claim.id),
  );
});

test("promises and methods are sentences of their own", () => {
  for (const { promise, method } of claims) {
    assert.match(promise, /^[A-Z].*\.$/s);
    assert.match(method, /^[A-Z].*\.$/s);
  }
});

for (const saboteur of saboteurs)
  test(`${saboteur.claim}: every change that its saboteur makes to the sources still finds its place`, async () => {
    const { sabotages } = await saboteur.set(dryScene);
    assert.ok(sabotages.length > 0);
    for (const sabotage of sabotages) if (sabotage.apart) await (await sabotage.spoil()).repair();
  });

test("the changes that keep a scratch server to scratch hosts still find their places", () => {
  for (const mail of [true, false]) {
    copy.apply(confinement(1, mail));
    copy.restore();
  }
});

test("a change whose place is gone or not the only one is refused", () => {
  const file = "software/framework/src/mail/egress.ts";
  const patch = (find: string) => () => copy.apply([{ file, find, replace: "" }]);
  assert.throws(patch("no such text"), { code: "conflict" });
  assert.throws(patch("tenant"), { code: "conflict" });
  assert.throws(() => copy.apply([{ file: "gone.ts", find: "x", replace: "" }]), { code: "conflict" });
});

const database: ScratchDatabase = {
  name: "scratch-000000000000",
  tenantId: parseId<"tenant">("018f0000-0000-7000-8000-000000000000") as ScratchDatabase["tenantId"],
};
const nothing = () => undefined;

/** A scene without an installation: it applies changes to a copy of the sources and starts nothing. */
const dryScene: Scene = {
  scratch: async () => database,
  backUp: async () => "018f0000-0000-7000-8000-000000000001",
  clusters: { run: async () => "", alone: async () => "", admit: async () => async () => undefined },
  controlDatabase: "t_0",
  certificateAuthority: authority,
  vaults: {
    holding: () => ["eu-west"],
    flipByte: () => nothing,
    hide: () => nothing,
    hideAll: () => nothing,
    flipAll: () => nothing,
    replace: () => nothing,
    layFile: () => nothing,
  },
  doors: { openSocket: async () => async () => undefined, layReadable: async () => async () => undefined },
  sources: (patches) => {
    copy.apply(patches);
    return { root: copy.root, remove: copy.restore };
  },
  server: {
    intact: async () => 1,
    weakened: async (patches) => {
      try {
        copy.apply(patches);
      } finally {
        copy.restore();
      }
      return { port: 1, stop: async () => undefined };
    },
    close: async () => undefined,
  },
};

function makeAuthority() {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-test-ca-"));
  const [keyFile, certificateFile] = [join(folder, "ca.key"), join(folder, "ca.crt")];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", keyFile];
  execFileSync(
    "openssl",
    ["req", "-x509", ...key, "-out", certificateFile, "-subj", "/CN=test", "-days", "1"],
    {
      stdio: "ignore",
    },
  );
  return { folder, keyFile, certificateFile };
}
