import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import { systemRandom } from "@holdfast/kernel/random";
import { type DataFolder, dataFolder } from "@holdfast/protocol/data-folder";
import { Authority, type Issued } from "./authority.ts";

const dayMs = 86_400_000;
let folder: DataFolder;
let clock: ManualClock;
let authority: Authority;

before(() => {
  folder = dataFolder(mkdtempSync(join(tmpdir(), "hf-ca-")));
  clock = new ManualClock(Date.now());
  authority = new Authority(folder, clock, systemRandom);
});
after(() => rmSync(folder.root, { recursive: true }));

/** A real handshake; the client trusts nothing but the authority's file. */
async function handshake(issued: Issued, host: string): Promise<string> {
  const server = createServer({ cert: issued.certificatePem, key: issued.keyPem }, (_request, response) =>
    response.end("hello"),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      get(
        { host: "127.0.0.1", port, servername: host, ca: readFileSync(folder.caFile), agent: false },
        (response) => {
          response.setEncoding("utf8").on("data", resolve);
        },
      ).on("error", reject);
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("a certificate of the local authority", () => {
  test("is accepted by a client that trusts the authority, for its own host and no other", async () => {
    const issued = authority.issue({ hosts: ["acme.localhost"] });
    assert.equal(await handshake(issued, "acme.localhost"), "hello");
    await assert.rejects(handshake(issued, "globex.localhost"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });

  test("passes openssl's strict verification of the chain", () => {
    const issued = authority.issue({ hosts: ["acme.localhost"], addresses: ["127.0.0.1"] });
    const input = issued.certificatePem;
    const answer = execFileSync(
      "openssl",
      [
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-verify_hostname",
        "acme.localhost",
        "-CAfile",
        folder.caFile,
      ],
      { input, encoding: "utf8" },
    );
    assert.match(answer, /OK/);
  });

  test("has an ECDSA P-256 key and lives at most 90 days", () => {
    const leaf = new X509Certificate(authority.issue({ hosts: ["acme.localhost"] }).certificatePem);
    assert.equal(leaf.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
    assert.ok(Date.parse(leaf.validTo) - Date.parse(leaf.validFrom) <= 90 * dayMs);
    assert.equal(leaf.ca, false);
  });

  test("stays the same until a third of its life is left, then is another", () => {
    const first = authority.issue({ hosts: ["renew.localhost"] });
    clock.advance(50 * dayMs);
    assert.equal(
      new Authority(folder, clock, systemRandom).issue({ hosts: ["renew.localhost"] }).certificatePem,
      first.certificatePem,
    );
    clock.advance(5 * dayMs);
    assert.notEqual(authority.issue({ hosts: ["renew.localhost"] }).certificatePem, first.certificatePem);
  });

  test("is forgotten with its key when its host goes, twice without harm; then it is another", () => {
    const first = authority.issue({ hosts: ["gone.localhost"] });
    assert.deepEqual(
      [authority.forget({ hosts: ["gone.localhost"] }), authority.forget({ hosts: ["gone.localhost"] })],
      [true, false],
    );
    assert.notEqual(authority.issue({ hosts: ["gone.localhost"] }).keyPem, first.keyPem);
  });

  test("is refused for a host that is not of this machine", () => {
    for (const host of ["example.com", "localhost.example.com", "evillocalhost"])
      assert.throws(() => authority.issue({ hosts: [host] }), { code: "invalid" });
  });
});

describe("the local authority", () => {
  test("can sign for no name outside localhost, even in a thief's hands", () => {
    const pem = (name: string): string => join(folder.root, name);
    const run = (...args: string[]): string =>
      execFileSync("openssl", args, { encoding: "utf8", stdio: "pipe" });
    run(
      "req",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-keyout",
      pem("t.key"),
      "-out",
      pem("t.csr"),
      "-subj",
      "/CN=bank.example",
      "-addext",
      "subjectAltName=DNS:bank.example",
    );
    run(
      "x509",
      "-req",
      "-in",
      pem("t.csr"),
      "-CA",
      folder.caFile,
      "-CAkey",
      join(folder.ca, "ca.key"),
      "-copy_extensions",
      "copy",
      "-out",
      pem("t.crt"),
    );
    assert.throws(() => run("verify", "-CAfile", folder.caFile, pem("t.crt")), /permitted subtree violation/);
  });

  test("keeps its key to its owner and its certificate readable", () => {
    assert.equal(statSync(join(folder.ca, "ca.key")).mode & 0o777, 0o600);
    assert.equal(statSync(folder.caFile).mode & 0o777, 0o644);
  });
});
