import { z } from "zod";
import { vaultTroubleSchema } from "./backup-methods.ts";
import { generationSchema } from "./data-key-methods.ts";
import { backupIdSchema, sha256Schema, tenantIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";

const text = z.string().min(1).max(120);

/** A vault's name: in messages, in catalogs, never a path. */
export const vaultNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/, "is 2 to 40 small letters, digits or inner hyphens");

/** Where a vault stands and who runs it: published (claim BAK-3). */
const place = {
  name: vaultNameSchema,
  dataCenter: text,
  city: text,
  country: z.string().regex(/^[A-Z]{2}$/, "is a country's two letters (ISO 3166)"),
  continent: z.enum(["Africa", "Asia", "Europe", "North America", "Oceania", "South America"]),
  provider: text,
  /** What the provider states and nobody here can measure: "ISO 27001". */
  attestations: z.array(text).max(20).default([]),
  /** It stands on this machine and only poses as a data center. */
  simulated: z.boolean().default(false),
  /** The most that is sent to it; absent: no limit. */
  bytesPerSecond: z.int().min(1_024).optional(),
};

const s3Key = z.strictObject({ accessKeyId: text, secretAccessKey: z.string().min(1).max(500) });
const sftpKey = z.strictObject({
  user: z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/),
  privateKey: z.string().max(20_000),
});

const isSafeEndpoint = (endpoint: string): boolean => {
  const url = URL.parse(endpoint);
  if (url === null || url.pathname !== "/" || url.username !== "" || url.search !== "") return false;
  return (
    url.protocol === "https:" || (url.protocol === "http:" && /^(localhost|127\.0\.0\.1)$/.test(url.hostname))
  );
};

/** All that is needed to use a vault. `writer` may put and read; `retention` may delete, and is given to that alone. */
export const vaultSettingsSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("directory"), ...place, path: z.string().regex(/^\/[^\0]{1,500}$/) }),
  z.strictObject({
    kind: z.literal("s3"),
    ...place,
    endpoint: z.string().max(300).refine(isSafeEndpoint, "is no https://host[:port]"),
    region: text.default("us-east-1"),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
    prefix: z
      .string()
      .regex(/^([A-Za-z0-9._-]+\/)*$/)
      .max(200)
      .default(""),
    pathStyle: z.boolean().default(false),
    /** PEM of an authority of its own. */
    ca: z.string().max(20_000).optional(),
    lock: z.enum(["none", "governance", "compliance"]).default("none"),
    lockDays: z.int().min(1).max(100).default(7),
    writer: s3Key,
    retention: s3Key.optional(),
  }),
  z.strictObject({
    kind: z.literal("sftp"),
    ...place,
    host: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/),
    port: z.int().min(1).max(65_535).default(22),
    hostKey: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, "is no fingerprint as ssh-keygen -lf shows it"),
    path: z
      .string()
      .regex(/^(\/[^\0]{0,500}[^/\0])?$/)
      .default(""),
    writer: sftpKey,
    retention: sftpKey.optional(),
  }),
]);
export type VaultSettings = z.output<typeof vaultSettingsSchema>;

/** What a check measured. */
export const vaultCheckSchema = z.object({
  vault: z.string(),
  works: z.boolean(),
  /** Null where it could not be measured. */
  enforced: z.boolean().nullable(),
  deletion: z.string().nullable(),
  overwriting: z.string().nullable(),
  trouble: vaultTroubleSchema.or(z.literal("wrong")).nullable(),
  reason: z.string().nullable(),
  putMilliseconds: z.number().nullable(),
  getMilliseconds: z.number().nullable(),
});
export type VaultCheck = z.output<typeof vaultCheckSchema>;

/** Adds a vault once it was seen to work. Its secrets are sealed by the root key and never given out again. */
export const addVault = defineMethod({
  name: "vault.add",
  progress: true,
  input: vaultSettingsSchema,
  output: vaultCheckSchema,
});
/** Forgets a vault; what is in it stays. Refused where fewer than three would be left. */
export const removeVault = defineMethod({
  name: "vault.remove",
  input: z.strictObject({ name: vaultNameSchema }),
  output: z.object({ changed: z.boolean() }),
});
/** Measures vaults: see checkVault in platform/backups. With `quick` only whether they answer; writes nothing then. */
export const checkVaults = defineMethod({
  name: "vault.check",
  progress: true,
  input: z.strictObject({
    names: z.array(vaultNameSchema).max(50).optional(),
    quick: z.boolean().default(false),
  }),
  output: z.object({ checks: z.array(vaultCheckSchema) }),
});

const entrySchema = z.object({
  backupId: backupIdSchema,
  takenAt: z.string(),
  bytes: z.number(),
  sha256: sha256Schema,
  /** Number of the data key that it is sealed under; absent: the first. */
  generation: z.int().positive().optional(),
  imported: z.boolean().optional(),
});
const heldSchema = z.object({ since: z.iso.datetime(), reason: z.string().max(500) });

/** Compares what the vaults hold of a customer with its signed catalogs; see auditCatalog in platform/backups. */
export const auditCatalog = defineMethod({
  name: "catalog.audit",
  progress: true,
  input: z.strictObject({ tenantId: tenantIdSchema }),
  output: z.object({
    findings: z.array(
      z.object({
        kind: z.enum(["dropped", "swapped", "reordered", "replayed", "forged", "unlisted", "behind", "away"]),
        vault: z.string(),
        what: z.string(),
        backupId: z.string().optional(),
      }),
    ),
    catalogs: z.array(
      z.object({
        vault: z.string(),
        counter: z.number(),
        sha256: z.string(),
        backups: z.array(entrySchema),
        held: heldSchema.optional(),
      }),
    ),
  }),
});
/** Takes each vault's newest signed catalog as the truth from now on: after a person has judged what an audit found. */
export const adoptCatalog = defineMethod({
  name: "catalog.adopt",
  progress: true,
  input: z.strictObject({ tenantId: tenantIdSchema }),
  output: z.object({ failed: z.array(z.object({ vault: z.string(), reason: z.string() })) }),
});
/** Lays a legal hold on a customer in every signed catalog, or lifts it (null): the agent then deletes nothing of it. */
export const holdCatalogs = defineMethod({
  name: "catalog.hold",
  progress: true,
  input: z.strictObject({ tenantId: tenantIdSchema, hold: heldSchema.nullable() }),
  output: z.object({ failed: z.array(z.object({ vault: z.string(), reason: z.string() })) }),
});
/** Takes a backup out of every catalog, so that its objects may go. Idempotent. */
export const strikeBackup = defineMethod({
  name: "catalog.strike",
  progress: true,
  input: z.strictObject({ tenantId: tenantIdSchema, backupId: backupIdSchema }),
  output: z.object({ failed: z.array(z.object({ vault: z.string(), reason: z.string() })) }),
});
/** Every customer of whom there is a key: who can be restored at all. */
export const listKeys = defineMethod({
  name: "key.list",
  input: z.strictObject({}),
  output: z.object({ tenants: z.array(tenantIdSchema) }),
});

/** A new root key wraps every customer's key; the former is of no use any more. Keep the new recovery file. */
export const rotateRootKey = defineMethod({
  name: "key.rotate",
  input: z.strictObject({}),
  output: z.object({ records: z.number().int() }),
});
/** Whose keys were destroyed here. */
export const listShredded = defineMethod({
  name: "key.shredded",
  input: z.strictObject({}),
  output: z.object({
    tenants: z.array(tenantIdSchema),
    /** Former data keys of customers who stayed. */
    former: z.array(z.object({ tenantId: tenantIdSchema, generation: generationSchema })),
  }),
});
/** What says that a customer's key was destroyed, or one former data key; verified with openssl alone (docs/keys.md). */
export const shredCertificate = defineMethod({
  name: "key.certificate",
  input: z.strictObject({ tenantId: tenantIdSchema, generation: generationSchema.optional() }),
  output: z.object({ certificate: z.string(), signature: z.base64(), publicKeyPem: z.string() }),
});
