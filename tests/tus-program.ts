import assert from "node:assert/strict";
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { DefaultHttpStack, Upload } from "tus-js-client";
import { cutLine } from "./cut-line.ts";
import type { Installation } from "./installation.ts";

/** An administrator's database. */
interface Host {
  readonly holdfast: Installation;
  readonly own: Installation["access"]["customers"][number];
}

/** A client of a third party sends a zip, over a line that is cut and through the death of every server; it is taken in. */
export async function sendsWithTus(host: Host & { readonly zip: Buffer }): Promise<void> {
  const program = await signedInProgram(host);
  const { url, offsets } = await programUpload(program, host);
  // Whoever asks again at once may be quicker than what is still being kept, and is told 409.
  const resumed = offsets.filter((offset) => offset >= 2 ** 20);
  assert.ok(resumed.length >= 2, `what was kept before the cut and the kill is not sent again: ${offsets}`);
  for (;;) {
    const { json } = await program.ask("POST", `${url}/take`);
    if (json.location !== undefined) break;
    assert.equal(json.upload?.ended ?? null, null, JSON.stringify(json));
  }
  const { headers } = await program.ask("HEAD", url, tus);
  assert.equal(headers["upload-offset"], headers["upload-length"]);
  assert.equal((await program.ask("DELETE", url, tus)).status, 204);
}

/** What the protocol says of versions, abilities, offsets, types, and of what is gone. Source: tus 1.0.0. */
export async function keepsTusRules({ holdfast, own }: Host): Promise<void> {
  const program = await signedInProgram({ holdfast, own });
  const uploads = `${own.url}/backups/uploads`;
  const abilities = await program.ask("OPTIONS", uploads, { cookie: "" });
  assert.deepEqual(
    [abilities.status, abilities.headers["tus-version"], abilities.headers["tus-extension"]],
    [204, "1.0.0", "creation,expiration,termination"],
  );
  assert.equal(abilities.headers["tus-max-size"], String(64 * 2 ** 30));
  const length = { "upload-length": "10", "upload-metadata": "filename b3duLnppcA==,is_confidential" };
  for (const other of [{}, { "tus-resumable": "0.2.2" }]) {
    const refused = await program.ask("POST", uploads, { ...length, ...other });
    assert.deepEqual([refused.status, refused.headers["tus-version"]], [412, "1.0.0"]);
  }
  const made = await program.ask("POST", uploads, { ...tus, ...length });
  assert.equal(made.status, 201);
  const url = new URL(made.headers["location"] ?? "", own.url).href;
  assert.ok(Date.parse(made.headers["upload-expires"] ?? "") > Date.now());
  const head = await program.ask("HEAD", url, tus);
  assert.deepEqual(
    [
      head.status,
      ...["upload-offset", "upload-length", "upload-metadata", "cache-control", "tus-resumable"].map(
        (name) => head.headers[name],
      ),
    ],
    [200, "0", "10", length["upload-metadata"], "no-store", "1.0.0"],
  );
  const inBrowser = { ...tus, "sec-fetch-site": "same-origin" };
  assert.equal(
    (await program.ask("HEAD", url, inBrowser)).status,
    401,
    "a neighbour could plant such a cookie",
  );
  const piece = { ...tus, "content-type": "application/offset+octet-stream", "upload-offset": "0" };
  const patched = async (headers: Headers) => (await program.ask("PATCH", url, headers, "0123456789")).status;
  assert.equal(await patched({ ...piece, "tus-resumable": "0.2.2" }), 412);
  assert.equal(await patched({ ...piece, "content-type": "text/plain" }), 415);
  assert.equal(await patched({ ...piece, "upload-offset": "5" }), 409);
  assert.equal((await program.ask("HEAD", url, { "tus-resumable": "2" })).status, 412);
  assert.equal(await patched(piece), 204);
  assert.equal(await patched(piece), 409);
  assert.equal((await program.ask("DELETE", url, tus)).status, 204);
  for (const method of ["HEAD", "DELETE"] as const)
    assert.equal((await program.ask(method, url, tus)).status, 404);
  assert.equal((await program.ask("POST", uploads, { ...tus, "upload-length": "68719476737" })).status, 413);
}

const tus = { "tus-resumable": "1.0.0" };
type Headers = Readonly<Record<string, string>>;

/** What a program is told; `json` of an answer that is none is empty. */
interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly json: { readonly location?: string; readonly upload?: { readonly ended: unknown } };
}

/** Somebody's program that knows a login and the certificate authority, and has no browser. */
interface Program {
  readonly ca: Buffer;
  readonly cookie: string;
  ask(method: string, url: string, headers?: Headers, body?: string): Promise<Told>;
}

async function signedInProgram({ holdfast, own }: Host): Promise<Program> {
  const ca = readFileSync(holdfast.access.caFile);
  const ask =
    (cookie: string): Program["ask"] =>
    (method, url, headers = {}, body = "") =>
      new Promise((resolve, reject) => {
        const options = { method, ca, agent: false, headers: { cookie, ...headers } };
        const asked = request(url, options, async (answer) => {
          const text = await textOf(answer);
          const json = text.startsWith("{") ? JSON.parse(text) : {};
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers as Told["headers"], json });
        });
        asked.on("error", reject);
        asked.end(body);
      });
  const params = { db: own.database, login: own.login, password: own.password };
  const signIn = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "call", params });
  const address = `${own.url}/web/session/authenticate`;
  const { headers } = await ask("")("POST", address, { "content-type": "application/json" }, signIn);
  const id = /session_id=([^;]+)/.exec(String(headers["set-cookie"]))?.[1];
  assert.ok(id, "a password opens a session");
  const cookie = `session_id=${id}`;
  return { ca, cookie, ask: ask(cookie) };
}

/**
 * Sends the zip with tus-js-client as it comes, in one request, over a line that is cut in the midst of it. When it goes
 * on from there every server is killed.
 *
 * @returns where it is, and from where each piece was sent.
 */
async function programUpload(
  { ca, cookie }: Program,
  { holdfast, own, zip }: Host & { readonly zip: Buffer },
) {
  const line = await cutLine(holdfast.port, 2 * 2 ** 20 + 2 ** 19);
  const folder = mkdtempSync(join(tmpdir(), "holdfast-zip-"));
  const path = join(folder, "own.zip");
  writeFileSync(path, zip);
  const offsets: number[] = [];
  const sending = Promise.withResolvers<void>();
  const upload = new Upload(createReadStream(path), {
    endpoint: `https://${new URL(own.url).hostname}:${line.port}/backups/uploads`,
    headers: { cookie },
    metadata: { filename: "own.zip" },
    httpStack: new DefaultHttpStack({ ca }),
    retryDelays: [0, 250, 500, ...Array.from({ length: 60 }, () => 1_000)],
    onBeforeRequest: (asked) => {
      if (asked.getMethod() !== "PATCH") return;
      const resumesFirst = offsets.every((offset) => offset === 0);
      const at = Number(asked.getHeader("Upload-Offset"));
      offsets.push(at);
      if (at > 0 && resumesFirst) for (const pid of serversOf(holdfast.data)) process.kill(pid, "SIGKILL");
    },
    onError: sending.reject,
    onSuccess: () => sending.resolve(),
  });
  try {
    upload.start();
    await sending.promise;
  } finally {
    await line.close();
    rmSync(folder, { recursive: true });
  }
  return { url: (upload.url ?? "").replace(`:${line.port}/`, `:${holdfast.port}/`), offsets };
}

/** The processes that face the internet, as `/proc` names them. */
export function serversOf(data: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const said = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return said.includes(data) && said.some((word) => word.endsWith("software/server/src/main.ts"));
      } catch {
        return false;
      }
    })
    .map(Number);
}
