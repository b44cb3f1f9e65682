import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { Operation } from "@holdfast/panel/operation";
import { requestDeletion, requestVerification } from "@holdfast/panel/request";
import { requestFormerRemoval, requestProof } from "@holdfast/panel/restore-requests";
import { controlActor } from "./actor.ts";
import { tellOfEndingCopies } from "./ending-copies.ts";
import type { Parts } from "./parts.ts";
import { drawSample, type ProvenDatabase, proofBudget, proofsDue } from "./proof-schedule.ts";

const dayMs = 86_400_000;
/** Proofs and readings that the schedule has waiting or running at once: what people ask for is not held up. */
const maxOpen = 1;
/** A stored copy that was not read for so long is read again: rot is found while another copy is whole. */
const readAgainMs = 7 * dayMs;
const retryAfterMs = 3_600_000;
/** A drill removes its copy itself; one that a stop cut off leaves it. */
const drillLivesMs = dayMs;
const maxLooked = 100_000;
const kinds = ["backup.prove", "backup.verify"] as const;

type UpkeepParts = Pick<Parts, "data" | "clock" | "log" | "random">;

/**
 * Asks for what backups need between takings: proofs that are due, readings of old copies, proofs of older backups
 * in what the day's budget leaves; and the end of what has outlived its time. @returns how much was asked for.
 */
export async function scheduleUpkeep(parts: UpkeepParts): Promise<number> {
  const ended = (await endWhatIsOver(parts)) + (await tellOfEndingCopies(parts));
  const env = parts.data.reading(controlActor);
  const open = await env.of(Operation).count([
    ["kind", "in", [...kinds]],
    ["ended_at", "=", false],
  ]);
  if (open >= maxOpen) return ended;
  const backupId = (await dueProof(parts)) ?? undefined;
  if (backupId !== undefined) {
    await parts.data.writing(controlActor, (writing) => requestProof(writing, backupId));
    return ended + 1;
  }
  const unread = await longUnread(parts);
  if (unread !== undefined) {
    await parts.data.writing(controlActor, (writing) => requestVerification(writing, unread));
    return ended + 1;
  }
  const sample = await sampled(parts);
  if (sample === undefined) return ended;
  await parts.data.writing(controlActor, (writing) => requestProof(writing, sample));
  return ended + 1;
}

/** The newest stored backup of the database whose proof is most overdue. */
async function dueProof({ data, clock }: UpkeepParts): Promise<number | undefined> {
  const env = data.reading(controlActor);
  const [id] = proofsDue(await provenDatabases({ data, clock }), clock.now());
  if (id === undefined) return undefined;
  const [newest] = await env.of(Backup).search(
    [
      ["database_id", "=", id],
      ["state", "in", ["stored", "partial", "damaged"]],
    ],
    { order: "taken_at desc", limit: 1 },
  );
  return newest;
}

async function provenDatabases({ data, clock }: Pick<Parts, "data" | "clock">): Promise<ProvenDatabase[]> {
  const env = data.reading(controlActor);
  const databases = await env.of(Database).searchRead(
    [
      ["state", "=", "running"],
      ["neutralized", "=", false],
    ],
    ["tenant_id", "customer_id", "create_date", "last_stored_at", "last_proven_at"],
    { limit: maxLooked },
  );
  const customerIds = [...new Set(databases.map(({ customer_id }) => customer_id.id))];
  const customers = await env.of(Customer).read(customerIds, ["plan"]);
  const paid = new Set(customers.filter(({ plan }) => plan === "paid").map(({ id }) => id));
  const since = moment(clock.now() - retryAfterMs);
  const tried = await env.of(Operation).searchRead(
    [
      ["kind", "=", "backup.prove"],
      ["create_date", ">", since.toString()],
    ],
    ["database_id", "create_date", "ended_at"],
    { limit: maxLooked, order: "id" },
  );
  const last = new Map(tried.map((operation) => [operation.database_id?.id, operation]));
  return databases.map(({ id, tenant_id, customer_id, create_date, last_stored_at, last_proven_at }) => ({
    id,
    tenantId: tenant_id,
    isPaid: paid.has(customer_id.id),
    lastProvenAtMs: last_proven_at?.epochMilliseconds ?? null,
    firstStoredAtMs: last_stored_at === null ? null : create_date.epochMilliseconds,
    lastTriedAtMs: last.get(id)?.create_date.epochMilliseconds ?? null,
    isBusy: last.has(id) && last.get(id)?.ended_at === null,
  }));
}

/** A backup one of whose copies nobody has read for a week; one that was tried lately waits. */
async function longUnread({ data, clock }: UpkeepParts): Promise<number | undefined> {
  const env = data.reading(controlActor);
  const before = moment(clock.now() - readAgainMs).toString();
  const [copy] = await env.of(BackupCopy).searchRead(
    [
      ["state", "=", "stored"],
      ["read_back_at", "<", before],
    ],
    ["backup_id"],
    { order: "read_back_at", limit: 1 },
  );
  if (copy === undefined) return undefined;
  const lately = await env.of(Operation).count(
    [
      ["kind", "=", "backup.verify"],
      ["create_date", ">", moment(clock.now() - retryAfterMs).toString()],
      ["state", "in", ["failed", "cancelled"]],
    ],
    { limit: 1 },
  );
  return lately > 0 ? undefined : copy.backup_id.id;
}

/** An older backup, when today's proofs have left room: see drawSample. */
async function sampled({ data, clock, random }: UpkeepParts): Promise<number | undefined> {
  const env = data.reading(controlActor);
  const today = moment(clock.now() - dayMs).toString();
  const [spent, pause] = [{ bytes: 0, count: 0 }, dayMs / proofBudget.samplesPerDay];
  const done = await env.of(Operation).searchRead(
    [
      ["kind", "in", [...kinds]],
      ["create_date", ">", today],
    ],
    ["input", "create_date"],
    { limit: maxLooked, order: "id" },
  );
  const newest = done.at(-1)?.create_date.epochMilliseconds ?? 0;
  if (clock.now() - newest < pause) return undefined;
  const read = done.map(({ input }) => Number((input as { backupId?: unknown }).backupId));
  for (const { bytes } of await env
    .of(Backup)
    .read(await env.of(Backup).exists([...new Set(read)]), ["bytes"]))
    spent.bytes += Number(bytes ?? 0);
  const stored = await env.of(Backup).searchRead(
    [
      ["state", "=", "stored"],
      ["database_id.state", "=", "running"],
      ["database_id.neutralized", "=", false],
    ],
    ["bytes", "proven_at"],
    { limit: maxLooked },
  );
  const samples = stored.map(({ id, bytes, proven_at }) => ({
    id,
    bytes: Number(bytes ?? 0),
    provenAtMs: proven_at?.epochMilliseconds ?? null,
  }));
  const share = Buffer.from(random.bytes(4)).readUInt32BE(0) / 2 ** 32;
  return drawSample(samples, { bytes: proofBudget.bytesPerDay - spent.bytes }, share)?.id;
}

/** Copies and closed databases whose time is over are deleted, replaced databases forgotten. */
async function endWhatIsOver({ data, clock, log }: UpkeepParts): Promise<number> {
  const env = data.reading(controlActor);
  const now = moment(clock.now()).toString();
  const isOver = [
    "|",
    ["expires_at", "<", now],
    "&",
    ["name", "=like", "drill-%"],
    ["create_date", "<", moment(clock.now() - drillLivesMs).toString()],
  ] as const;
  const ended = await env
    .of(Database)
    .searchRead(
      [["state", "in", ["running", "closed"]], ...isOver],
      ["name", "neutralized", "state", "customer_id"],
    );
  const held = await env.of(Customer).search([
    ["id", "in", ended.map(({ customer_id }) => customer_id.id)],
    ["held_since", "!=", false],
  ]);
  // A hold that came after the closing: the database waits, closed, until it is lifted.
  const copies = ended.filter((each) =>
    each.state === "closed" ? !held.includes(each.customer_id.id) : each.neutralized,
  );
  for (const { id, name, state } of copies) {
    const wasAsked = await data.writing(controlActor, async (writing) => {
      // Found before this transaction: who opened it again or kept it longer meanwhile keeps it.
      const [still] = await writing.of(Database).search([["id", "=", id], ["state", "=", state], ...isOver]);
      if (still !== undefined) await requestDeletion(writing, id);
      return still !== undefined;
    });
    if (!wasAsked) continue;
    log("info", state === "closed" ? "the grace time of a closed database is over" : "a copy has expired", {
      name,
    });
  }
  const replaced = await env.of(Database).search([["former_until", "<", now]]);
  const asked = await env.of(Operation).searchRead(
    [
      ["kind", "=", "restore.forget"],
      ["ended_at", "=", false],
    ],
    ["database_id"],
  );
  const waiting = new Set(asked.map(({ database_id }) => database_id?.id));
  const over = replaced.filter((id) => !waiting.has(id));
  for (const id of over) await data.writing(controlActor, (writing) => requestFormerRemoval(writing, id));
  return copies.length + over.length;
}

const moment = (ms: number): Temporal.Instant => Temporal.Instant.fromEpochMilliseconds(ms);
