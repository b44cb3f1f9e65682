import { z } from "zod";
import { keyPlaceSchema, vaultSchema } from "./agent-methods.ts";
import { generationSchema } from "./data-key-methods.ts";
import { backupIdSchema, customerNameSchema, operationIdSchema, tenantIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";
import { vaultCheckSchema, vaultNameSchema, vaultSettingsSchema } from "./vault-methods.ts";

/** Deletes a backup that the plan needs no more. Without an id: the oldest that may go. */
export const retireCustomerBackup = defineMethod({
  name: "backup.retire",
  progress: true,
  input: z.strictObject({ customer: customerNameSchema, backupId: backupIdSchema.optional() }),
  output: z.object({ operationId: operationIdSchema, backupId: backupIdSchema }),
});
/** Keeps every backup of a customer from deletion until it is lifted (`reason` null). */
export const holdCustomer = defineMethod({
  name: "customer.hold",
  input: z.strictObject({ customer: customerNameSchema, reason: z.string().min(1).max(500).nullable() }),
  output: z.object({
    customer: z.string(),
    heldSince: z.string().nullable(),
    reason: z.string().nullable(),
    /** Vaults whose signed catalogs could not be told yet. */
    unsigned: z.array(z.string()),
  }),
});

const shownVault = vaultSchema.extend({ backups: z.number().int(), partial: z.number().int() });

/** Every vault, with how many whole copies it holds and how many backups it misses. */
export const listPlatformVaults = defineMethod({
  name: "vaults.list",
  input: z.strictObject({}),
  output: z.object({ vaults: z.array(shownVault) }),
});
export const addPlatformVault = defineMethod({
  name: "vaults.add",
  progress: true,
  input: vaultSettingsSchema,
  output: vaultCheckSchema,
});
export const checkPlatformVaults = defineMethod({
  name: "vaults.check",
  progress: true,
  input: z.strictObject({ names: z.array(vaultNameSchema).max(50).optional() }),
  output: z.object({ checks: z.array(vaultCheckSchema) }),
});
export const removePlatformVault = defineMethod({
  name: "vaults.remove",
  input: z.strictObject({ name: vaultNameSchema }),
  output: z.object({ changed: z.boolean() }),
});

const finding = z.object({
  customer: z.string(),
  kind: z.string(),
  vault: z.string(),
  what: z.string(),
  backupId: z.string().nullable(),
});
/** Compares vaults with their signed catalogs, of one customer or all. */
export const checkCatalogs = defineMethod({
  name: "catalog.check",
  progress: true,
  input: z.strictObject({ customer: customerNameSchema.optional() }),
  output: z.object({ customers: z.number().int(), backups: z.number().int(), findings: z.array(finding) }),
});
/** Writes down again what the vaults' signed catalogs name and the control database has lost. */
export const rebuildCatalog = defineMethod({
  name: "catalog.rebuild",
  progress: true,
  input: z.strictObject({}),
  output: z.object({
    customers: z.number().int(),
    /** Rows that were missing and are there again. */
    customersMade: z.number().int(),
    backupsMade: z.number().int(),
    findings: z.array(finding),
    /** Customers whose key is there and of whom no vault has a catalog. */
    without: z.array(z.string()),
  }),
});

/** See rotateRootKey of the agent. */
export const rotatePlatformKey = defineMethod({
  name: "keys.rotate",
  input: z.strictObject({}),
  output: z.object({ records: z.number().int() }),
});
/** How each copy of the keystore is right now; nothing of a key. */
export const listKeyPlaces = defineMethod({
  name: "keys.places",
  input: z.strictObject({}),
  output: z.object({ places: z.array(keyPlaceSchema) }),
});
const dataKeyState = {
  customer: z.string(),
  tenantId: tenantIdSchema,
  generation: z.int(),
  changedAt: z.string().nullable(),
  /** Former data keys, and how many backups may still need each. */
  former: z.array(z.object({ generation: z.int(), until: z.string(), backups: z.int() })),
  filesAnew: z.object({ sealed: z.int(), left: z.boolean() }),
};
/** Makes a new data key for a customer; see docs/keys.md. */
export const renewCustomerKey = defineMethod({
  name: "keys.renew",
  progress: true,
  input: z.strictObject({ customer: customerNameSchema, confirm: z.string().max(100) }),
  output: z.object({ operationId: operationIdSchema, ...dataKeyState }),
});
/** Where a customer's change of its data key stands. */
export const showCustomerKey = defineMethod({
  name: "keys.show",
  input: z.strictObject({ customer: customerNameSchema }),
  output: z.object(dataKeyState),
});
/** Seals one batch of files anew, as the schedule does by itself. */
export const resealCustomerFiles = defineMethod({
  name: "keys.reseal",
  progress: true,
  input: z.strictObject({ customer: customerNameSchema }),
  output: z.object({ operationId: operationIdSchema, ...dataKeyState }),
});
/** Destroys the oldest former data key, as the schedule does by itself when no backup needs it. */
export const destroyCustomerKey = defineMethod({
  name: "keys.destroy",
  progress: true,
  input: z.strictObject({
    customer: customerNameSchema,
    confirm: z.string().max(100),
    now: z.boolean().default(false),
  }),
  output: z.object({ operationId: operationIdSchema, ...dataKeyState }),
});
export const listShreddedKeys = defineMethod({
  name: "keys.shredded",
  input: z.strictObject({}),
  output: z.object({
    tenants: z.array(tenantIdSchema),
    former: z.array(z.object({ tenantId: tenantIdSchema, generation: generationSchema })),
    /** By tenant: what its certificate, or the database that is still there, calls it. */
    names: z.record(z.string(), z.string()),
  }),
});
/** What says that a customer's key was destroyed. */
export const showShredCertificate = defineMethod({
  name: "keys.certificate",
  input: z.strictObject({ tenantId: tenantIdSchema, generation: generationSchema.optional() }),
  output: z.object({ certificate: z.string(), signature: z.base64(), publicKeyPem: z.string() }),
});
