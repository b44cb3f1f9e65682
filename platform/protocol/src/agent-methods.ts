import type { TenantKeys } from "@holdfast/kernel/tenant-keys";
import { z } from "zod";
import { bytesSchema, hostSchema, tenantIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";

/** The two PostgreSQL clusters: customers' databases, and the one of the control database. */
export const clusterSchema = z.enum(["main", "control"]);
export type ClusterName = z.output<typeof clusterSchema>;

/** How to reach one tenant's database: TLS with verify-full against `caFile`, scram password. */
export const connectionSchema = z.object({
  host: z.string(),
  port: z.number().int().positive(),
  database: z.string(),
  user: z.string(),
  password: z.string(),
  caFile: z.string(),
});
export type Connection = z.output<typeof connectionSchema>;

const tenant = z.strictObject({ tenantId: tenantIdSchema });
/** The database that is served, or the one that a restore makes beside it. */
export const slotSchema = z.enum(["live", "beside"]);
const slotted = z.strictObject({ tenantId: tenantIdSchema, slot: slotSchema.default("live") });
const placed = z.strictObject({ tenantId: tenantIdSchema, cluster: clusterSchema });

/** Says whether anything had to be done: the second run of each of these answers false. */
const changed = z.object({ changed: z.boolean() });

/** The owner role without login and the login role with its password. */
export const ensureRoles = defineMethod({ name: "tenant.ensureRoles", input: placed, output: changed });
/** Needs the roles. */
export const ensureDatabase = defineMethod({ name: "tenant.ensureDatabase", input: placed, output: changed });
export const ensureKey = defineMethod({ name: "tenant.ensureKey", input: tenant, output: changed });
export const ensureFiles = defineMethod({ name: "tenant.ensureFiles", input: tenant, output: changed });

/** Closes every connection to it first. */
export const removeDatabase = defineMethod({ name: "tenant.removeDatabase", input: tenant, output: changed });
/** Refused (`conflict`) while the database exists. */
export const removeRoles = defineMethod({ name: "tenant.removeRoles", input: tenant, output: changed });
export const removeFiles = defineMethod({ name: "tenant.removeFiles", input: tenant, output: changed });
/** Destroys the data key for good: files and backups of the tenant can never be read again. */
export const shredKey = defineMethod({
  name: "tenant.shredKey",
  /** With the customer's name it ends with a certificate: see shredCertificate. */
  input: tenant.extend({ subject: z.string().max(200).optional() }),
  output: changed,
});

/** What the server needs to work for a tenant. `not_found` until roles, database, key and files exist. */
export const openTenant = defineMethod({
  name: "tenant.open",
  input: tenant,
  output: z.object({
    connection: connectionSchema,
    dataKey: z.base64(),
    /** See TenantKeys of the kernel. */
    otherKeys: z.array(z.base64()),
    lastingKeys: z.record(z.string(), z.base64()),
    filesDir: z.string(),
  }),
});

/** The keys in an answer of {@link openTenant}, as bytes. */
export function keysIn(open: {
  readonly dataKey: string;
  readonly otherKeys: readonly string[];
  readonly lastingKeys: Readonly<Record<string, string>>;
}): TenantKeys {
  const bytes = (text: string): Uint8Array => Buffer.from(text, "base64");
  const lasting = Object.entries(open.lastingKeys).map(([purpose, key]) => [purpose, bytes(key)] as const);
  return {
    dataKey: bytes(open.dataKey),
    otherKeys: open.otherKeys.map(bytes),
    lastingKeys: Object.fromEntries(lasting),
  };
}

/** A login for fifteen minutes that may `SET ROLE` to the owner, for the schema; the former one dies. */
export const openForDeploy = defineMethod({
  name: "tenant.openForDeploy",
  input: slotted,
  output: z.object({ connection: connectionSchema, role: z.string(), validUntil: z.string() }),
});
export const closeDeploy = defineMethod({ name: "tenant.closeDeploy", input: slotted, output: changed });

/** One thing that the server's user tried, and how the system answered. */
export const reachSchema = z.object({
  /** What it would gain by it. */
  gain: z.string(),
  /** A path, or the name of a method on the server's socket. */
  target: z.string(),
  /** `missing`: it was gone when it was tried. `failed`: neither let in nor kept out. */
  outcome: z.enum(["refused", "reached", "missing", "failed"]),
  /** Whether the server needs it: then it has to be reached. */
  needed: z.boolean(),
});

/**
 * What a process of the server's user reaches on this host beyond what it needs: tried by such a process, on what is
 * really there. Changes nothing. Claim ISO-2.
 */
export const serverReach = defineMethod({
  name: "server.reach",
  progress: true,
  input: z.strictObject({}),
  output: z.object({
    /** False where one user runs server and control: then nothing keeps one from the other. */
    enforced: z.boolean(),
    tries: z.array(reachSchema),
  }),
});

const found = z.object({ name: z.string(), tenantId: tenantIdSchema.nullable() });

/** All that exists of any tenant on this host: proves that nothing half-made is left. */
export const inventory = defineMethod({
  name: "tenant.inventory",
  input: z.strictObject({}),
  output: z.object({
    databases: z.array(found.extend({ cluster: clusterSchema })),
    roles: z.array(found.extend({ cluster: clusterSchema })),
    keys: z.array(found),
    files: z.array(found),
    vaultObjects: z.array(found.extend({ vault: z.string(), bytes: bytesSchema, whole: z.boolean() })),
  }),
});

/** A leaf for these hosts from the local authority; the same one again until a third of its life is left. */
export const issueCertificate = defineMethod({
  name: "certificate.issue",
  input: z.strictObject({ hosts: z.array(hostSchema).min(1).max(20) }),
  output: z.object({ certificatePem: z.string(), keyPem: z.string(), notAfter: z.string() }),
});
/** Forgets the certificate of these hosts with its key; a later wish gets a new one. */
export const removeCertificate = defineMethod({
  name: "certificate.remove",
  input: z.strictObject({ hosts: z.array(hostSchema).min(1).max(100) }),
  output: changed,
});

export const vaultSchema = z.object({
  name: z.string(),
  dataCenter: z.string(),
  city: z.string(),
  country: z.string(),
  continent: z.string(),
  provider: z.string(),
  /** True when it stands on this very machine and only poses as a data center. */
  simulated: z.boolean(),
  /** True when what is stored cannot be changed by the user that writes it. */
  enforced: z.boolean(),
  kind: z.enum(["directory", "s3", "sftp"]),
  /** Nobody deletes before the lock ends, or only the retention role. */
  lock: z.enum(["none", "governance", "compliance"]),
  /** What its provider states and nobody here can measure. */
  attestations: z.array(z.string()),
});
export type Vault = z.output<typeof vaultSchema>;

/** The vaults of this host and where they stand; *simulated* where one machine poses as several. */
export const listVaults = defineMethod({
  name: "vaults.list",
  input: z.strictObject({}),
  output: z.object({ vaults: z.array(vaultSchema) }),
});

/** How each vault is right now; it is read, never written to. Claim BAK-2. */
export const lookAtVaults = defineMethod({
  name: "vaults.look",
  input: z.strictObject({}),
  output: z.object({
    vaults: z.array(
      z.object({
        name: z.string(),
        answers: z.boolean(),
        /** What is wrong with it; null: it answers and takes writes. */
        trouble: z.string().max(300).nullable(),
        /** Null where it does not answer, or the store does not tell. */
        freeBytes: bytesSchema.nullable(),
        /** Below this it takes no backups. */
        wantedFreeBytes: bytesSchema.nullable(),
      }),
    ),
  }),
});

/** One copy of the keystore. */
export const keyPlaceSchema = z.object({
  path: z.string().max(500),
  answers: z.boolean(),
  /** On the very disk that the keystore is on. */
  sameDisk: z.boolean(),
  /** Made beside the keystore, because nobody named another place. */
  simulated: z.boolean(),
  /** Customers whose wrapped key it holds; null where it does not answer. */
  records: z.number().int().nullable(),
});

/** Whether every replica of the keystore answers and every key opens somewhere; reads no record. Claim ENC-5. */
export const lookAtKeystore = defineMethod({
  name: "keystore.look",
  input: z.strictObject({}),
  output: z.object({
    replicas: z.int().nonnegative(),
    /** How many of them do not answer now. */
    away: z.int().nonnegative(),
    /** Records that opened in no place when they were last compared. */
    unreadable: z.int().nonnegative(),
    /** Customers of whom two lists of erased persons under different keys were found in the last week. */
    splitErasures: z.int().nonnegative().default(0),
    /** Whether the operator has shown once that the recovery file is kept elsewhere. */
    recoveryChecked: z.boolean().default(false),
    /** How each of them is right now. */
    places: z.array(keyPlaceSchema),
  }),
});

export const clusterStatusSchema = z.object({
  name: clusterSchema,
  state: z.enum(["running", "starting", "stopped"]),
  version: z.string().nullable(),
  host: z.string(),
  port: z.number().int(),
  databases: z.number().int().nullable(),
  connections: z.number().int().nullable(),
  maxConnections: z.number().int().nullable(),
  checksums: z.boolean().nullable(),
  tls: z.boolean().nullable(),
});

/** Whether each cluster runs, what it is, and how many of its connections are in use. */
export const clusterStatus = defineMethod({
  name: "cluster.status",
  input: z.strictObject({}),
  output: z.object({ clusters: z.array(clusterStatusSchema) }),
});
