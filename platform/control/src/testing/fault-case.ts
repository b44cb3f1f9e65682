import assert from "node:assert/strict";
import { chmodSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createCustomer,
  deleteCustomer,
  forgetReplaced,
  healCustomerBackup,
  listCustomerBackups,
  listCustomers,
  proveCustomerBackup,
  restoreCustomerBackup,
  restoreOverLive,
  showCustomer,
  takeCustomerBackup,
  undoLastRestore,
  verifyCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { erasePersonOf, lookAtBackupParts, restoreBackupParts } from "@holdfast/protocol/parts-methods";
import {
  destroyCustomerKey,
  renewCustomerKey,
  resealCustomerFiles,
  retireCustomerBackup,
} from "@holdfast/protocol/retention-methods";
import { clusterHands, postgresNames } from "@holdfast/trust/cluster-hands";
import type { Allowed } from "./campaign/verdict.ts";
import type { Installation } from "./installation.ts";

/** One kind of operation as a person asks for it, with what has to be there before. */
export interface Story {
  readonly kind: string;
  /** Before each request, undisturbed. */
  prepare?(installation: Installation): Promise<unknown>;
  /** Asks control and waits for the end; rejected when control dies meanwhile. */
  request(installation: Installation): Promise<unknown>;
  /** Afterwards, undisturbed: takes away what the request made. */
  tidy?(installation: Installation): Promise<unknown>;
  /** Lines of what came and went that may stay or not: a safety backup that was stored is a backup. */
  readonly mayStay?: RegExp;
  /** It shows what is in the newest backup: other stories make newer ones, with more in them. */
  readonly showsNewestBackup?: true;
  /** What its request destroys on purpose; whatever else goes is lost. */
  readonly allowed?: Allowed;
}

/** The customer of whom backups are taken; made once by {@link makeBase}. */
export const base = "base";
/** The customer, or copy, that comes and goes. */
export const name = "acme";

const create = (installation: Installation): Promise<unknown> =>
  installation.askControl(createCustomer, { name, demoData: true });
const remove = (installation: Installation): Promise<unknown> =>
  installation.askControl(deleteCustomer, { name });

const takeBase = (installation: Installation): Promise<unknown> =>
  installation.askControl(takeCustomerBackup, { customer: base });
const restoreOver = (installation: Installation): Promise<unknown> =>
  installation.askControl(restoreOverLive, { customer: base, confirm: base });
const undo = (installation: Installation): Promise<unknown> =>
  installation.askControl(undoLastRestore, { customer: base, confirm: base });
const forget = (installation: Installation): Promise<unknown> =>
  installation.askControl(forgetReplaced, { customer: base, confirm: base });

const renewKey = (installation: Installation): Promise<unknown> =>
  installation.askControl(renewCustomerKey, { customer: base, confirm: base });

const contacts = { customer: base, models: ["res.partner"], mode: "replace" as const };

/** A story for every kind of operation; a test checks that none is missing. */
export const stories: readonly Story[] = [
  // A password that was given twice is logged twice.
  {
    kind: "customer.create",
    request: create,
    tidy: remove,
    mayStay: /rows of hf_security_log/,
  },
  {
    kind: "backup.take",
    request: takeBase,
  },
  {
    kind: "backup.verify",
    request: (installation) => installation.askControl(verifyCustomerBackup, { customer: base }),
  },
  {
    kind: "backup.restore",
    request: (installation) => installation.askControl(restoreCustomerBackup, { customer: base, as: name }),
    tidy: remove,
    showsNewestBackup: true,
  },
  // From a backup of what is live now, as below; who was erased is erased again, at another time.
  {
    kind: "backup.restore_over",
    prepare: takeBase,
    request: restoreOver,
    tidy: forget,
    mayStay: /ID\.hfb|row of (backup|copy of) ID/,
    allowed: { mayChange: ["res_partner"] },
  },
  {
    kind: "backup.look_at_parts",
    request: (installation) => installation.askControl(lookAtBackupParts, contacts),
  },
  // From a backup of what is live now: other stories made persons since the last one.
  {
    kind: "backup.restore_parts",
    prepare: takeBase,
    request: (installation) => installation.askControl(restoreBackupParts, { ...contacts, confirm: base }),
    mayStay: /ID\.hfb|row of (backup|copy of) ID/,
    allowed: { mayChange: ["res_partner"] },
  },
  // Kept with the customer for good: the digest of who was erased.
  {
    kind: "person.erase",
    prepare: makePerson,
    request: async (installation) =>
      installation.askControl(erasePersonOf, {
        customer: base,
        partnerId: await newestPerson(installation),
        confirm: base,
      }),
    allowed: { mayChange: ["res_partner"] },
  },
  {
    kind: "backup.prove",
    request: (installation) => installation.askControl(proveCustomerBackup, { customer: base }),
  },
  {
    kind: "backup.retire",
    prepare: async (installation) => {
      await takeBase(installation);
      await installation.askControl(proveCustomerBackup, { customer: base });
    },
    request: (installation) => installation.askControl(retireCustomerBackup, { customer: base }),
    allowed: { mayRetire: 1 },
  },
  {
    kind: "restore.undo",
    prepare: async (installation) => {
      await takeBase(installation);
      await restoreOver(installation);
    },
    request: undo,
    tidy: forget,
    allowed: { mayChange: ["res_partner"] },
  },
  { kind: "restore.forget", prepare: restoreOver, request: forget },
  {
    kind: "backup.heal",
    prepare: async (installation) => {
      await damageNewest(installation);
      await installation.askControl(verifyCustomerBackup, { customer: base });
    },
    request: (installation) => installation.askControl(healCustomerBackup, { customer: base }),
  },
  { kind: "key.renew", request: renewKey },
  {
    kind: "key.reseal",
    prepare: renewKey,
    request: (installation) => installation.askControl(resealCustomerFiles, { customer: base }),
  },
  // Of a customer without backups, so that nothing needs the former key.
  {
    kind: "key.destroy",
    prepare: async (installation) => {
      const { customers } = await installation.askControl(listCustomers, {});
      if (customers.every((customer) => customer.name !== name)) await create(installation);
      await installation.askControl(renewCustomerKey, { customer: name, confirm: name });
      await installation.askControl(resealCustomerFiles, { customer: name });
    },
    request: (installation) =>
      installation.askControl(destroyCustomerKey, { customer: name, confirm: name, now: true }),
    tidy: remove,
  },
  // A deletion that was cancelled leaves its customer to the next one.
  {
    kind: "database.delete",
    prepare: async (installation) => {
      const { customers } = await installation.askControl(listCustomers, {});
      if (customers.every((customer) => customer.name !== name)) await create(installation);
    },
    request: remove,
    allowed: { mayGo: [name] },
  },
];

/** A contact like another, whom nothing names yet: each run erases somebody who was not erased before. */
async function makePerson(installation: Installation): Promise<void> {
  await inBase(
    installation,
    `INSERT INTO res_partner OVERRIDING SYSTEM VALUE
     SELECT made.* FROM res_partner c, LATERAL jsonb_populate_record(c, jsonb_build_object(
       'id', nextval(pg_get_serial_sequence('res_partner', 'id')), 'name', 'Ada Erasable',
       'email', format('ada-%s@example.com', currval(pg_get_serial_sequence('res_partner', 'id'))))) made
     WHERE c.id = (SELECT min(id) FROM res_partner WHERE id NOT IN (SELECT partner_id FROM res_users))`,
  );
}

async function newestPerson(installation: Installation): Promise<number> {
  return Number(await inBase(installation, "SELECT max(id) FROM res_partner WHERE name = 'Ada Erasable'"));
}

/** Runs a statement in the base customer's database, behind everybody's back. */
export async function inBase(installation: Installation, statement: string): Promise<string> {
  const { tenantId } = await installation.askControl(showCustomer, { name: base });
  return clusterHands(installation.folder).run("main", postgresNames(tenantId).database, statement);
}

/** Makes the customer that the stories need, with a proven backup. */
export async function makeBase(installation: Installation): Promise<void> {
  await installation.askControl(createCustomer, { name: base, demoData: true });
  await installation.askControl(takeCustomerBackup, { customer: base });
  await installation.askControl(restoreCustomerBackup, { customer: base, as: name });
  await remove(installation);
}

/** Changes one byte of a copy of the base customer's newest backup, behind everybody's back; `by` -1 changes it back. */
export async function damageNewest(
  installation: Installation,
  vault = "eu-west",
  customer = base,
  by = 1,
): Promise<void> {
  const { backups } = await installation.askControl(listCustomerBackups, { customer });
  const newest = backups.find(({ state }) => ["stored", "partial", "damaged"].includes(state));
  const store = join(installation.folder.vaults, vault, "store");
  const [path] = globSync(`*/${newest?.backupId}.hfb`, { cwd: store }).map((name) => join(store, name));
  assert.ok(path, `there is a copy in ${vault} to damage`);
  const bytes = readFileSync(path);
  const at = bytes.length >> 1;
  bytes.writeUInt8((bytes.readUInt8(at) + by) & 0xff, at);
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
  chmodSync(path, 0o444);
}
