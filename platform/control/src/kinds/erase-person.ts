import { addressesIn, erasedName, marksOf } from "@holdfast/app-base/erase";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId } from "@holdfast/kernel/id";
import { Backup, BackupTransfer } from "@holdfast/panel/backup";
import { copiesOf } from "@holdfast/panel/copies";
import { Database } from "@holdfast/panel/database";
import { Operation } from "@holdfast/panel/operation";
import { noteErasure, readErasures } from "@holdfast/protocol/erasure-methods";
import { dropFormer } from "@holdfast/protocol/restore-methods";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import { digestOf, replayErasures } from "../erasures.ts";
import { operationKind, type StepContext } from "../operations/step.ts";
import type { Parts } from "../parts.ts";
import { databaseSubject } from "./subject.ts";

const input = databaseSubject.extend({
  /** A number alone: of the person nothing stands in the control database. */
  partnerId: z.number().int(),
});
type Input = z.output<typeof input>;

/** Rows of one customer that are gone through. */
const most = 1_000_000;

/**
 * Erases a person (GDPR Art. 17): first the note that outlives every backup, then the live database, then copies on the
 * side; what a restore keeps for undoing goes, since nobody can write in it. Work on one database goes one after the
 * other, so that no restore over live passes by.
 */
export const erasePerson = operationKind<Input>({
  kind: "person.erase",
  input,
  steps: [
    { name: "find the person", run: async (context) => void (await marked(context)) },
    { name: "note that the person is erased", irreversible: true, run: note },
    { name: "erase the person from the live database", run: eraseLive },
    { name: "erase the person from copies on the side", run: eraseFromCopies },
    { name: "remove what the last restore replaced", run: forgetFormer },
  ],
});

async function marked({ input, parts }: StepContext<Input>): Promise<string[]> {
  const marks = await parts.tenants.withData(input.tenantId, input.apps, (data) =>
    marksOf(data.reading(controlActor), input.partnerId),
  );
  if (marks.length === 0) throw new ExpectedError("not_found", "There is no such contact.");
  return marks;
}

async function note(context: StepContext<Input>): Promise<void> {
  const { input, parts } = context;
  const { tenantId } = input;
  const { key } = await parts.agent(readErasures, { tenantId, make: true });
  const secret = Buffer.from(present(key, "the key of its erasures"), "base64");
  const marks = await marked(context);
  await parts.agent(noteErasure, {
    tenantId,
    id: present(parseId<"operation">(context.key), "the operation's key"),
    at: new Date(parts.clock.now()).toISOString(),
    marks: marks.map((mark) => digestOf(secret, mark)),
  });
  await forgetWhoAsked(context, addressesIn(marks));
}

/**
 * Whether words like "ann@b.example from ::1", alone or behind "by", are of this very login: a login of which the
 * address is only a part is another's, whose traces stay.
 */
function names(words: string, address: string): boolean {
  const at = words.indexOf(`${address} from `);
  return at === 0 || (at > 0 && /(^|, )by $/.test(words.slice(0, at)));
}

/** Who fetched a backup, or asked for a restore, stands in the control database by their login. */
async function forgetWhoAsked(
  { input, parts }: StepContext<Input>,
  addresses: readonly string[],
): Promise<void> {
  const isTheirs = (text: unknown): boolean =>
    typeof text === "string" && addresses.some((address) => names(text.toLowerCase(), address));
  await parts.data.writing(controlActor, async (env) => {
    const own = [["tenant_id", "=", input.tenantId]] as const;
    for (const { id, by } of await env.of(BackupTransfer).searchRead([...own], ["by"], { limit: most }))
      if (isTheirs(by)) await env.of(BackupTransfer).write([id], { by: erasedName });
    for (const { id, origin_note } of await env
      .of(Backup)
      .searchRead([...own], ["origin_note"], { limit: most }))
      if (isTheirs(origin_note)) await env.of(Backup).write([id], { origin_note: erasedName });
    const asked = await env
      .of(Operation)
      .searchRead([["database_id", "=", input.databaseId]], ["input"], { limit: most });
    for (const { id, input: wish } of asked) {
      const words = wish as Readonly<Record<string, unknown>>;
      if (isTheirs(words["by"])) await env.of(Operation).write([id], { input: { ...words, by: erasedName } });
    }
  });
}

async function eraseLive({ input, parts }: StepContext<Input>) {
  const { tenantId, apps } = input;
  const erased = await replayErasures(parts, { of: [tenantId], into: tenantId, apps });
  return { contacts: erased?.contacts ?? 0, users: erased?.users ?? 0 };
}

/** A copy that is just being made is waited for: it asks who was erased itself, but may have asked before. */
async function eraseFromCopies({ input, parts }: StepContext<Input>): Promise<{ copies: number }> {
  const copies = await copiesBeside(parts, input.tenantId);
  if (copies.some(({ state }) => state === "provisioning"))
    throw new ExpectedError("unavailable", "a copy of this database is just being made; it is waited for");
  for (const { tenantId, apps } of copies)
    await replayErasures(parts, { of: [input.tenantId], into: tenantId, apps });
  return { copies: copies.length };
}

async function copiesBeside(parts: Parts, tenantId: string) {
  const env = parts.data.reading(controlActor);
  const rows = await env.of(Database).searchRead(
    [
      ["id", "in", await copiesOf(env, tenantId)],
      ["state", "in", ["running", "closed", "provisioning"]],
    ],
    ["tenant_id", "apps", "state"],
  );
  return rows.map((row) => ({
    tenantId: present(parseId<"tenant">(row.tenant_id), "a tenant id"),
    apps: row.apps as string[],
    state: row.state,
  }));
}

async function forgetFormer({ input, parts }: StepContext<Input>): Promise<void> {
  await parts.agent(dropFormer, { tenantId: input.tenantId });
  await parts.data.writing(controlActor, (env) =>
    env.of(Database).write([input.databaseId], { former_until: null }),
  );
}
