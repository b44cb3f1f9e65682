import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createSecureContext, TLSSocket } from "node:tls";
import { openDatabase } from "./database.ts";
import { sql } from "./sql.ts";

let folder: string;
let server: Server;
/** What clients said once they trusted the server: the first bytes under TLS. */
let trusted: string[] = [];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "hf-tls-"));
  for (const name of ["ours", "foreign"]) certificate(name);
  server = createServer(answerLikePostgres);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function certificate(name: string): void {
  const [key, crt] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...curve, ...subject, "-keyout", key, "-out", crt], {
    stdio: "ignore",
  });
}

/** Says yes to TLS, as PostgreSQL does, notes what comes through it, and hangs up. */
function answerLikePostgres(socket: Socket): void {
  const files = { key: readFileSync(join(folder, "ours.key")), cert: readFileSync(join(folder, "ours.crt")) };
  socket.on("error", () => undefined);
  socket.once("data", (request: Buffer) => {
    assert.equal(request.readInt32BE(4), 80877103, "a request for TLS comes first");
    socket.write("S");
    const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(files) });
    secure.on("error", () => undefined);
    secure.once("data", (bytes) => {
      trusted.push(bytes.toString("latin1"));
      secure.destroy();
    });
  });
}

async function connect(host: string, authority: string): Promise<string[]> {
  trusted = [];
  const { port } = server.address() as AddressInfo;
  const caFile = join(folder, `${authority}.crt`);
  const database = openDatabase({ host, port, database: "acme", user: "app", password: "secret", caFile });
  await assert.rejects(database.rows(sql`SELECT 1`), { code: "unavailable" });
  await database.close();
  return trusted;
}

describe("a connection over TLS", () => {
  test("tells nothing to a server whose certificate another authority signed", async () => {
    assert.deepEqual(await connect("localhost", "foreign"), []);
  });

  test("tells nothing to a server whose certificate names another host", async () => {
    assert.deepEqual(await connect("127.0.0.1", "ours"), []);
  });

  test("goes on with the server that the certificate names", async () => {
    assert.match((await connect("localhost", "ours")).join(), /user\0app\0database\0acme/);
  });
});
