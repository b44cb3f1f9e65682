import { pbkdf2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { usersModel } from "@holdfast/framework/identity/models";
import type { DataSource } from "@holdfast/framework/model/environment";
import { present } from "@holdfast/kernel/assert";
import type { Claim, DatabaseInScope, Finding, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import { administratorOf, withIdentity } from "../canary-caller.ts";

const fewestRounds = 600_000;
const fewestSaltBytes = 16;
const digestBytes = 64;
const usersPerRead = 1_000;
/** Columns whose name says that a password may stand in them; nothing but the hash may be there. */
const suspiciousName = /pass(?:word|wd|phrase)|\bpwd\b/i;
const knownFields = new Set(["res.users.password_hash", "res.users.password_date"]);

/** PWD-1: how passwords are kept. */
export const hashedPasswords: Claim = {
  id: "PWD-1",
  promise: "Passwords are kept only as salted PBKDF2-SHA-512 hashes, stretched by at least 600,000 rounds.",
  method:
    "Every stored hash of every database is read and taken apart: scheme, rounds, length of the salt and of the digest, and that no salt is used twice anywhere. In a database made for probes a known password is set by the product, and computed again independently: the stored hash must be what it says it is, and must not fit another password.",
  maxAgeMinutes: 1_440,
  probe,
};

/** What all databases together add up to. */
interface Reading {
  readonly verdict: Verdict;
  readonly salts: Map<string, string>;
  hashes: number;
  fewestRounds: number;
}

async function probe(context: ProbeContext): Promise<Finding> {
  const reading: Reading = {
    verdict: new Verdict(),
    salts: new Map(),
    hashes: 0,
    fewestRounds: Number.POSITIVE_INFINITY,
  };
  for (const database of context.databases) {
    context.signal.throwIfAborted();
    await context.within(database, ({ data }) => readHashes(reading, database.name, data));
  }
  await readHashes(reading, "the control database", context.control);
  await computeAgain(context, reading.verdict, present((await context.canaries())[0], "a canary"));
  const { verdict, hashes } = reading;
  verdict.expect(hashes > 0, "no stored hash was found, so none was checked", "all databases");
  return verdict.finding(
    `${counted(hashes, "stored hash", "stored hashes")} of ${counted(context.databases.length + 1, "database")} taken apart: the weakest has ${Number.isFinite(reading.fewestRounds) ? reading.fewestRounds.toLocaleString("en") : "no"} rounds`,
    ", each has a salt of its own, and a known password fits what was stored for it",
  );
}

async function readHashes(reading: Reading, name: string, data: DataSource): Promise<void> {
  const users = data.reading(probeActor("PWD-1")).of(usersModel);
  for (let offset = 0; ; offset += usersPerRead) {
    const rows = await users.searchRead([], ["password_hash"], {
      order: "id",
      limit: usersPerRead,
      offset,
      activeOnly: false,
    });
    for (const { id, password_hash } of rows)
      if (password_hash !== null) judge(reading, password_hash, `${name}: user ${id}`);
    if (rows.length < usersPerRead) break;
  }
  seekOtherFields(reading.verdict, name, data);
}

/** Nowhere else may a password be kept. */
function seekOtherFields(verdict: Verdict, name: string, data: DataSource): void {
  for (const model of data.registry.models.values())
    for (const [field, { kind }] of Object.entries(model.fields)) {
      const text = kind === "text" || kind === "longText" || kind === "json";
      const place = `${model.name}.${field}`;
      if (text && suspiciousName.test(field) && !knownFields.has(place))
        verdict.problem("another field has the name of a password", `${name}: ${place}`);
    }
}

function judge(reading: Reading, hash: string, where: string): void {
  const { verdict, salts } = reading;
  reading.hashes += 1;
  const parsed = takeApart(hash);
  if (parsed === undefined)
    return verdict.problem("something else than a PBKDF2-SHA-512 hash is stored", where);
  const { rounds, salt, digest } = parsed;
  reading.fewestRounds = Math.min(reading.fewestRounds, rounds);
  verdict.expect(
    rounds >= fewestRounds,
    `a hash has fewer than ${fewestRounds.toLocaleString("en")} rounds`,
    `${where}: ${rounds}`,
  );
  verdict.expect(salt.length >= fewestSaltBytes, "a salt is too short", `${where}: ${salt.length} bytes`);
  verdict.expect(
    digest.length === digestBytes,
    "a digest is not 512 bits long",
    `${where}: ${digest.length} bytes`,
  );
  const key = salt.toString("hex");
  const twin = salts.get(key);
  if (twin !== undefined) verdict.problem("two hashes share a salt", `${where} and ${twin}`);
  salts.set(key, where);
}

interface TakenApart {
  readonly rounds: number;
  readonly salt: Buffer;
  readonly digest: Buffer;
}

/** The probe's own reader, on purpose: the product's would agree with the product. */
function takeApart(hash: string): TakenApart | undefined {
  const [empty, scheme, rounds, salt, digest, ...rest] = hash.split("$");
  if (empty !== "" || scheme !== "pbkdf2-sha512" || rest.length > 0) return undefined;
  if (!/^[1-9]\d*$/.test(rounds ?? "") || !salt || !digest) return undefined;
  return { rounds: Number(rounds), salt: bytesOf(salt), digest: bytesOf(digest) };
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text.replaceAll(".", "+"), "base64");
}

/** A label proves nothing: what is stored for a known password is computed without any code of the product. */
async function computeAgain(context: ProbeContext, verdict: Verdict, canary: DatabaseInScope): Promise<void> {
  await context.within(canary, async (tenant) => {
    const userId = await administratorOf(tenant.data, "PWD-1");
    const password = Buffer.from(context.random.bytes(24)).toString("base64url");
    await withIdentity(context, tenant, (identity) => identity.setPassword(userId, password));
    const [user] = await tenant.data
      .reading(probeActor("PWD-1"))
      .of(usersModel)
      .read([userId], ["password_hash"]);
    const stored = takeApart(user?.password_hash ?? "");
    const fits = stored !== undefined && (await fitsHash(password, stored));
    const fitsOther = stored !== undefined && (await fitsHash(`${password}x`, stored));
    verdict.expect(fits, "a stored hash is not what it says it is", canary.name);
    verdict.expect(!fitsOther, "a stored hash fits a wrong password", canary.name);
  });
}

async function fitsHash(password: string, { rounds, salt, digest }: TakenApart): Promise<boolean> {
  const computed = await promisify(pbkdf2)(password, salt, rounds, digestBytes, "sha512");
  return computed.length === digest.length && timingSafeEqual(computed, digest);
}
