import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { S3Connection, type S3VaultSpec } from "../s3-connection.ts";

/** A real S3 engine: one monitor, one object server in memory and one gateway of Ceph, with TLS. */
export interface RadosGateway {
  /** A new bucket with its policy, and who may do what in it. */
  bucket(
    lock: S3VaultSpec["lock"],
  ): Promise<{ readonly writer: S3VaultSpec; readonly retention: S3VaultSpec }>;
  /** Lets a bucket grow no more, or again. */
  fill(bucket: string, isFull: boolean): Promise<void>;
  stop(): Promise<void>;
}

const startMs = 90_000;
/** Of all programs together; each is started once, if all goes well. */
const mostStarts = 10;
const region = "us-east-1";
const owner = { accessKeyId: "OWNER", secretAccessKey: "owner-secret" };
const writer = { accessKeyId: "WRITER", secretAccessKey: "writer-secret" };
const retention = { accessKeyId: "RETENTION", secretAccessKey: "retention-secret" };

/** What the writer of a vault needs, and no more: nothing that deletes, and no breaking of locks. */
const writerActions = [
  "PutObject PutObjectRetention GetObject GetObjectVersion GetObjectRetention ListBucket ListBucketVersions",
  "ListBucketMultipartUploads ListMultipartUploadParts AbortMultipartUpload",
].flatMap((line) => line.split(" ").map((action) => `s3:${action}`));
/** What the retention role needs: no right to write. */
const retentionActions =
  "ListBucket ListBucketVersions GetObjectRetention DeleteObject DeleteObjectVersion BypassGovernanceRetention"
    .split(" ")
    .map((action) => `s3:${action}`);

/** Starts it in a folder of its own; some 15 s and 400 MB. Needs Debian's radosgw, ceph-mon and ceph-osd. */
export async function startRadosGateway(): Promise<RadosGateway> {
  const folder = mkdtempSync("/var/tmp/holdfast-rados-");
  const [monitorPort, port] = [await freePort(), await freePort()];
  const fsid = randomUUID();
  const conf = join(folder, "ceph.conf");
  for (const name of ["mon", "osd"]) mkdirSync(join(folder, name));
  writeFileSync(conf, configuration(folder, { fsid, monitorPort }));
  makeCertificate(folder);
  const children: ChildProcess[] = [];
  let isStopping = false;
  const start = (program: string, ...words: string[]) => {
    const log = openSync(join(folder, `${program}.out`), "a");
    const child = spawn(program, ["-c", conf, ...words, "-f"], { stdio: ["ignore", log, log] });
    closeSync(log);
    children.push(child);
    // Right after the monitor came up, the object server is sometimes told "wrong fsid" and ends: it is right next time.
    child.once("exit", () => {
      if (!isStopping && children.length < mostStarts) start(program, ...words);
    });
  };
  const stop = async () => {
    isStopping = true;
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(
      children.map(
        (child) => child.exitCode ?? child.signalCode ?? new Promise((gone) => child.once("exit", gone)),
      ),
    );
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const map = join(folder, "monmap");
    run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", `[v1:127.0.0.1:${monitorPort}]`, map);
    run("ceph-mon", "-c", conf, "--mkfs", "-i", "a", "--monmap", map);
    start("ceph-mon", "-i", "a");
    const disk = randomUUID();
    run("ceph", "-c", conf, "osd", "new", disk, "0");
    run("ceph-osd", "-c", conf, "-i", "0", "--mkfs", "--osd-uuid", disk);
    start("ceph-osd", "-i", "0");
    await makeUser(conf, "owner", owner);
    await makeUser(conf, "writer", writer);
    await makeUser(conf, "retention", retention);
    const tls = `beast ssl_endpoint=127.0.0.1:${port} ssl_certificate=${folder}/tls.crt ssl_private_key=${folder}/tls.key`;
    start("radosgw", "-n", "client.rgw", "--rgw-frontends", tls);
    const spec = specOf({ port, ca: readFileSync(join(folder, "tls.crt"), "utf8") });
    await answers(spec);
    return {
      stop,
      bucket: (lock) => makeBucket(spec, lock),
      fill: async (bucket, isFull) => {
        const words = ["--quota-scope=bucket", `--bucket=${bucket}`];
        await administer(conf, "quota", "set", ...words, "--max-size=1");
        await administer(conf, "quota", isFull ? "enable" : "disable", ...words);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeUser(conf: string, name: string, { accessKeyId, secretAccessKey }: typeof owner) {
  const keys = ["--access-key", accessKeyId, "--secret-key", secretAccessKey];
  await administer(conf, "user", "create", "--uid", name, "--display-name", name, ...keys);
}

/** Not run synchronously: meanwhile a program that ended is to be started again. */
async function administer(conf: string, ...words: readonly string[]): Promise<void> {
  await promisify(execFile)("radosgw-admin", ["-c", conf, ...words], { timeout: startMs });
}

function specOf({ port, ca }: { readonly port: number; readonly ca: string }): S3VaultSpec {
  const place = { dataCenter: "here", city: "here", country: "FR", continent: "Europe", provider: "Ceph" };
  return {
    kind: "s3",
    endpoint: `https://localhost:${port}`,
    region,
    bucket: "none",
    prefix: "",
    pathStyle: true,
    ca,
    ...owner,
    lock: "none",
    lockDays: 1,
    enforced: false,
    place: { ...place, name: "rados", simulated: true },
  };
}

async function answers(spec: S3VaultSpec): Promise<void> {
  const s3 = new S3Connection(spec);
  for (const deadline = performance.now() + startMs; ; await wait(200))
    try {
      await s3.run((sdk, client) => client.send(new sdk.ListBucketsCommand({})));
      return await s3.close();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
}

async function makeBucket(spec: S3VaultSpec, lock: S3VaultSpec["lock"]) {
  const bucket = `vault-${randomBytes(4).toString("hex")}`;
  const s3 = new S3Connection(spec);
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [["writer", writerActions] as const, ["retention", retentionActions] as const].map(
      ([user, Action]) => ({
        Effect: "Allow",
        Principal: { AWS: [`arn:aws:iam:::user/${user}`] },
        Action,
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
      }),
    ),
  });
  const made = { Bucket: bucket, ObjectLockEnabledForBucket: lock !== "none" };
  await s3.run((sdk, client) => client.send(new sdk.CreateBucketCommand(made)));
  await s3.run((sdk, client) => client.send(new sdk.PutBucketPolicyCommand({ Bucket: bucket, Policy })));
  await s3.close();
  const vault = { ...spec, bucket, lock };
  return { retention: { ...vault, ...retention }, writer: { ...vault, ...writer } };
}

function configuration(
  folder: string,
  { fsid, monitorPort }: { readonly fsid: string; readonly monitorPort: number },
): string {
  return `[global]
fsid = ${fsid}
mon host = v1:127.0.0.1:${monitorPort}
mon initial members = a
ms bind msgr2 = false
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
osd objectstore = memstore
memstore device bytes = 1073741824
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = ${folder}
admin socket = ${folder}/$name.$pid.asok
log file = ${folder}/$name.log
log to stderr = false
rgw thread pool size = 16
rgw bucket quota ttl = 0
[mon.a]
mon data = ${folder}/mon
[osd.0]
osd data = ${folder}/osd
`;
}

/** A key and a certificate of its own authority for `localhost`: `tls.key` and `tls.crt`. */
export function makeCertificate(folder: string): void {
  const [key, certificate] = [join(folder, "tls.key"), join(folder, "tls.crt")];
  const words =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost";
  const names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  run("openssl", ...words.split(" "), ...names, "-keyout", key, "-out", certificate);
}

function run(program: string, ...words: string[]): void {
  execFileSync(program, words, { stdio: "pipe", timeout: startMs });
}

/** A port that nobody had a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
