import { createHash, randomBytes } from "node:crypto";
import { objectName } from "@holdfast/backups/object-name";
import { openVault } from "@holdfast/backups/open-vault";
import { openArchive, openCopy } from "@holdfast/backups/stored-backup";
import { usersModel } from "@holdfast/framework/identity/models";
import { type BackupId, parseId } from "@holdfast/kernel/id";
import { deriveKey, fileKeyPurpose, openStream } from "@holdfast/kernel/sealed-stream";
import { keysIn, openTenant } from "@holdfast/protocol/agent-methods";
import type { Claim, DatabaseInScope, Finding, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import { newestBackup } from "../stored-backups.ts";

const noKey = new Uint8Array(32);
/** Most objects and files of one database that one round looks at, chosen at random. */
const maxSamples = 12;

/** ENC-5, its part for backups and files: what lies on a disk is sealed, each under its customer's key. */
export const sealedAtRest: Claim = {
  id: "ENC-5",
  promise:
    "Backups and stored files lie encrypted with AES-256 on every disk, each customer's under a key of their own, which can be changed while everything goes on.",
  method:
    "A word that exists nowhere else is written into a database made for probes, and the database is backed up. The raw bytes of every copy are searched for it: nowhere; the same copy opened with its key must hold it, else the search would prove nothing. Then stored backups and files of every database, chosen at random, must open with that database's key and with no other one; where its key was changed, each with exactly one of those that are kept, so that none is left under a key that was destroyed. The disk under PostgreSQL itself is not part of this measurement.",
  maxAgeMinutes: 1_440,
  probe,
};

interface Round {
  readonly context: ProbeContext;
  readonly verdict: Verdict;
  objects: number;
  files: number;
}

async function probe(context: ProbeContext): Promise<Finding> {
  const round: Round = { context, verdict: new Verdict(), objects: 0, files: 0 };
  const [canary] = await context.canaries();
  if (canary === undefined)
    return { state: "not_applicable", summary: "There is no database for probes yet." };
  for (const database of context.databases) {
    await openObjects(round, database);
    await openFiles(round, database);
  }
  const { verdict, objects, files } = round;
  if (files === 0) verdict.note("no database has a stored file yet");
  // A file that is not sealed is refused by the backup itself, and there would be nothing to search.
  if (verdict.holds) await seekCanaryWord(round, canary);
  return verdict.finding(
    `a word of a database was sought in the raw bytes of its backup in every vault; ${counted(objects, "stored object")} and ${counted(files, "stored file")} chosen at random were tried`,
    ": found nowhere, and each opened with its own key alone",
  );
}

async function seekCanaryWord({ context, verdict }: Round, canary: DatabaseInScope): Promise<void> {
  const word = `canary-${Buffer.from(context.random.bytes(24)).toString("hex")}`;
  const leave = await plantWord(context, canary, word);
  try {
    await context.drills.backUp(canary.name);
  } finally {
    await leave();
  }
  const newest = await newestBackup(context, canary);
  if (newest === undefined) return verdict.problem("the database for probes has no backup", canary.name);
  const [dataKey = noKey] = await keysOf(context, canary);
  const source = { tenantId: canary.tenantId, backupId: newest.backupId, dataKey };
  for (const raw of context.drills.rawVaults()) {
    const vault = openVault(raw);
    const name = `${raw.place.name} ${newest.backupId}`;
    const plain = await search(openArchive(vault, source), word);
    verdict.expect(plain, "the word is not even in the opened backup, so that nothing is proven", name);
    const object = vault.get(objectName(canary.tenantId, newest.backupId));
    verdict.expect(!(await search(object, word)), "plain text of a customer lies in a vault", name);
  }
}

/** In the name of the first user, which every database has. @returns how to put it back. */
async function plantWord(context: ProbeContext, canary: DatabaseInScope, word: string) {
  const change = (name?: string): Promise<{ id: number; name: string } | undefined> =>
    context.within(canary, ({ data }) =>
      data.writing(probeActor("ENC-5"), async (env) => {
        const [user] = await env.of(usersModel).searchRead([], ["name"], { limit: 1, order: "id" });
        if (user) await env.of(usersModel).write([user.id], { name: name ?? word });
        return user;
      }),
    );
  const former = await change();
  return async () => void (await change(former?.name ?? "Administrator"));
}

async function search(chunks: AsyncIterable<Buffer>, word: string): Promise<boolean> {
  const wanted = Buffer.from(word);
  let tail = Buffer.alloc(0);
  let isFound = false;
  for await (const chunk of chunks) {
    const both = Buffer.concat([tail, chunk]);
    isFound ||= both.includes(wanted);
    tail = both.subarray(Math.max(0, both.byteLength - wanted.byteLength));
  }
  return isFound;
}

async function openObjects(round: Round, database: DatabaseInScope): Promise<void> {
  const { context, verdict } = round;
  const keys = await keysOf(context, database);
  for (const raw of context.drills.rawVaults()) {
    const vault = openVault(raw);
    const names = await Array.fromAsync(vault.list(database.tenantId));
    const backups = names.flatMap(({ name }) => parseId<"backup">(name.slice(-40, -4)) ?? []);
    for (const backupId of drawn(context, backups)) {
      round.objects += 1;
      const source = { tenantId: database.tenantId, backupId: backupId as BackupId };
      const where = `${database.name} ${raw.place.name} ${backupId}`;
      const opens = (key: Uint8Array) => begins(async () => openCopy(vault, { ...source, dataKey: key }));
      const opening = await Promise.all(keys.map(opens));
      const wanted = "a stored backup does not open with exactly one of its customer's keys";
      verdict.expect(opening.filter(Boolean).length === 1, wanted, where);
      verdict.expect(
        !(await opens(randomBytes(32))),
        "a stored backup opens without its customer's key",
        where,
      );
    }
  }
}

async function openFiles(round: Round, database: DatabaseInScope): Promise<void> {
  const { context, verdict } = round;
  const keys = await keysOf(context, database);
  for (const { sha256, read } of drawn(context, context.drills.rawFiles(database.tenantId))) {
    round.files += 1;
    const opens = async (key: Uint8Array): Promise<boolean> => {
      const hash = createHash("sha256");
      const isOpen = await begins(async () => {
        const stream = openStream(deriveKey(key, fileKeyPurpose));
        stream.end(read());
        return stream;
      }, hash);
      return isOpen && hash.digest("hex") === sha256;
    };
    const opening = await Promise.all(keys.map(opens));
    const wanted = "a stored file does not open with exactly one of its customer's keys";
    verdict.expect(opening.filter(Boolean).length === 1, wanted, `${database.name} ${sha256}`);
    verdict.expect(
      !(await opens(randomBytes(32))),
      "a stored file opens without its customer's key",
      database.name,
    );
  }
}

/** Whether all of it opens: the end is authenticated only at the end. */
async function begins(
  open: () => Promise<AsyncIterable<Buffer>>,
  hash?: ReturnType<typeof createHash>,
): Promise<boolean> {
  try {
    for await (const chunk of await open()) hash?.update(chunk);
    return true;
  } catch {
    return false;
  }
}

/** The customer's data key, and former ones that are not destroyed yet. */
async function keysOf({ agent }: ProbeContext, { tenantId }: DatabaseInScope): Promise<Uint8Array[]> {
  const { dataKey, otherKeys = [] } = keysIn(await agent(openTenant, { tenantId }));
  return [dataKey, ...otherKeys];
}

function drawn<T>({ random }: Pick<ProbeContext, "random">, all: readonly T[]): T[] {
  const [at = 0] = new Uint32Array(Uint8Array.from(random.bytes(4)).buffer);
  const turned = all.map((_, index) => all[(index + at) % all.length] as T);
  return turned.slice(0, maxSamples);
}
