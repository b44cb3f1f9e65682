import { z } from "zod";
import { keyPlaceSchema, vaultSchema } from "./agent-methods.ts";
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
  output: z.object({ customer: z.string(), heldSince: z.string().nullable(), reason: z.string().nullable() }),
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
export const listShreddedKeys = defineMethod({
  name: "keys.shredded",
  input: z.strictObject({}),
  output: z.object({ tenants: z.array(tenantIdSchema) }),
});
/** What says that a customer's key was destroyed. */
export const showShredCertificate = defineMethod({
  name: "keys.certificate",
  input: z.strictObject({ tenantId: tenantIdSchema }),
  output: z.object({ certificate: z.string(), signature: z.base64(), publicKeyPem: z.string() }),
});
