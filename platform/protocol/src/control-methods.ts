import { z } from "zod";
import { clusterStatusSchema } from "./agent-methods.ts";
import { backupSummarySchema, copyStateSchema } from "./backup-methods.ts";
import {
  backupIdSchema,
  bytesSchema,
  customerNameSchema,
  hostSchema,
  operationIdSchema,
  tenantIdSchema,
} from "./ids.ts";
import { defineMethod } from "./method.ts";

/** Hosts in one question: more than a worker has open. */
export const mostResolvedHosts = 1_000;

const placeSchema = z.object({
  tenantId: tenantIdSchema,
  name: z.string(),
  apps: z.array(z.string()),
  neutralized: z.boolean(),
  /** Grows with each change of its data key. */
  keys: z.int().default(0),
});
export type Place = z.output<typeof placeSchema>;

/** Which database answers on each host, in the order of the hosts; null means: the fixed 404. Asked by the edge. */
export const resolveHosts = defineMethod({
  name: "hosts.resolve",
  input: z.strictObject({ hosts: z.array(hostSchema).min(1).max(mostResolvedHosts) }),
  output: z.object({ places: z.array(placeSchema.nullable()) }),
});

export const planSchema = z.enum(["free", "trial", "education", "paid"]);

export const customerSchema = z.object({
  name: z.string(),
  tenantId: tenantIdSchema,
  url: z.url(),
  plan: planSchema,
  state: z.string(),
  neutralized: z.boolean(),
  apps: z.array(z.string()),
  createdAt: z.string(),
  lastStoredBackupAt: z.string().nullable(),
  lastProvenBackupAt: z.string().nullable(),
});
export type Customer = z.output<typeof customerSchema>;

/** Every long control method is a stored operation: it goes on when the caller leaves; see operation.watch. */
const operationRef = { operationId: operationIdSchema };
const named = z.strictObject({ name: customerNameSchema });

/** A customer with a database, key and file store of its own; the password is generated and shown once. */
export const createCustomer = defineMethod({
  name: "customer.create",
  progress: true,
  input: named.extend({
    plan: planSchema.default("trial"),
    login: z.email().optional(),
    demoData: z.boolean().default(false),
  }),
  output: z.object({
    ...operationRef,
    customer: customerSchema,
    login: z.string(),
    password: z.string().nullable(),
  }),
});
/** Every customer that is not deleted, by name. */
export const listCustomers = defineMethod({
  name: "customer.list",
  input: z.strictObject({}),
  output: z.object({ customers: z.array(customerSchema) }),
});
/** One customer; `not_found` when there is none of that name. */
export const showCustomer = defineMethod({ name: "customer.show", input: named, output: customerSchema });
/** Removes database, roles, files and key: after it no backup of the customer can be read. */
export const deleteCustomer = defineMethod({
  name: "customer.delete",
  progress: true,
  input: named,
  output: z.object(operationRef),
});

const accessSchema = z.object({
  customers: z.array(
    z.object({
      name: z.string(),
      url: z.url(),
      database: z.string(),
      login: z.string(),
      password: z.string(),
    }),
  ),
  operator: z.object({ url: z.url(), login: z.string(), password: z.string() }),
});
/** Makes the demo customer and the first operator if they are missing; what `bin/up` waits for. */
export const ensureDemo = defineMethod({
  name: "demo.ensure",
  progress: true,
  input: z.strictObject({ empty: z.boolean().default(false) }),
  output: accessSchema,
});
/** The generated logins of the demo, again. */
export const demoPassword = defineMethod({
  name: "demo.password",
  input: z.strictObject({}),
  output: accessSchema,
});

/** Lets an administrator of a customer in again, or an operator (`panel`), when no other way is left. */
export const breakGlass = defineMethod({
  name: "access.breakGlass",
  input: z.strictObject({ name: customerNameSchema.or(z.literal("panel")), login: z.email().optional() }),
  output: z.object({ url: z.url(), login: z.string(), password: z.string() }),
});

const ofCustomer = z.strictObject({ customer: customerNameSchema });
const backupRefSchema = z.strictObject({ customer: customerNameSchema, backupId: backupIdSchema.optional() });

export const backupSchema = z.object({
  backupId: backupIdSchema,
  customer: z.string(),
  takenAt: z.string(),
  state: z.enum(["taking", "stored", "partial", "damaged", "failed", "locked", "deleted"]),
  /** Of one that retention took out: a vault's lock keeps it until then. */
  deleteAfter: z.string().nullable(),
  proven: z.boolean(),
  /** `safety`: taken before a restore; `imported`: of a zip, for which nobody vouches. */
  origin: z.enum(["taken", "safety", "imported"]),
  bytes: bytesSchema.nullable(),
  summary: backupSummarySchema.nullable(),
  copies: z.array(copyStateSchema),
});

/** One backup of a customer's database and files to every vault. */
export const takeCustomerBackup = defineMethod({
  name: "backup.take",
  progress: true,
  input: ofCustomer,
  output: z.object({ ...operationRef, backup: backupSchema }),
});
/** A customer's backups with the state of each copy, newest first. */
export const listCustomerBackups = defineMethod({
  name: "backup.list",
  input: z.strictObject({ customer: customerNameSchema.optional() }),
  output: z.object({ backups: z.array(backupSchema) }),
});
/** Without an id: the newest. */
export const verifyCustomerBackup = defineMethod({
  name: "backup.verify",
  progress: true,
  input: backupRefSchema,
  output: z.object({ ...operationRef, backup: backupSchema }),
});
/** Copies an intact copy to the vaults where it is damaged or missing, then reads all back. Without an id: the newest. */
export const healCustomerBackup = defineMethod({
  name: "backup.heal",
  progress: true,
  input: backupRefSchema,
  output: z.object({
    ...operationRef,
    from: z.string().nullable(),
    healed: z.array(z.string()),
    failed: z.array(z.object({ vault: z.string(), reason: z.string() })),
    backup: backupSchema,
  }),
});
/** With `as`: on the side, neutralized. Without: over the live database, after a safety backup. */
export const restoreCustomerBackup = defineMethod({
  name: "backup.restore",
  progress: true,
  input: backupRefSchema.extend({ as: customerNameSchema.optional() }),
  output: z.object({
    ...operationRef,
    backupId: backupIdSchema,
    vault: z.string(),
    refused: z.array(z.object({ vault: z.string(), reason: z.string() })),
    equal: z.boolean(),
    differences: z.array(z.string()),
    summary: backupSummarySchema,
    customer: customerSchema,
  }),
});

/** What is known before a restore over the live database begins. */
export const preflightSchema = z.object({
  /** Of the database that it would replace. */
  name: z.string(),
  takenAt: z.string(),
  /** When the backup was last restored and compared; null: never. */
  proven: z.string().nullable(),
  summary: backupSummarySchema.nullable(),
  ready: z.boolean(),
  findings: z.array(
    z.object({
      about: z.enum(["key", "copies", "versions", "space", "undo"]),
      level: z.enum(["fine", "warning", "blocked"]),
      sentence: z.string(),
    }),
  ),
  forecastSeconds: z.number().int(),
});
/** Looks whether a backup can be restored over the live database, and what it takes; changes nothing. */
export const preflightRestore = defineMethod({
  name: "restore.preflight",
  progress: true,
  input: backupRefSchema,
  output: preflightSchema.extend({ backupId: backupIdSchema }),
});
/** Over the live database, after a safety backup; it serves until the swap, and is kept for undoing. */
export const restoreOverLive = defineMethod({
  name: "restore.over",
  progress: true,
  input: backupRefSchema.extend({
    /** The database's name, typed again. */
    confirm: z.string(),
    withoutSafetyBackup: z.boolean().default(false),
  }),
  output: z.object({
    ...operationRef,
    backupId: backupIdSchema,
    vault: z.string(),
    refused: z.array(z.object({ vault: z.string(), reason: z.string() })),
    summary: backupSummarySchema,
    safetyBackup: backupIdSchema.nullable(),
    undoUntil: z.string(),
    swapMilliseconds: z.number(),
  }),
});
/** Puts back what the last restore replaced; what is live now is kept in its place. */
export const undoLastRestore = defineMethod({
  name: "restore.undo",
  progress: true,
  input: z.strictObject({ customer: customerNameSchema, confirm: z.string() }),
  output: z.object({ ...operationRef, undoUntil: z.string() }),
});

/** Restores a backup into a scratch database, compares it with its manifest, drops it. Without an id: the newest. */
export const proveCustomerBackup = defineMethod({
  name: "backup.prove",
  progress: true,
  input: backupRefSchema,
  output: z.object({ ...operationRef, backup: backupSchema }),
});
/** Removes what the last restore replaced before its time, for room: from then on nothing can be undone. */
export const forgetReplaced = defineMethod({
  name: "restore.forget",
  progress: true,
  input: z.strictObject({ customer: customerNameSchema, confirm: z.string() }),
  output: z.object(operationRef),
});

export const operationSchema = z.object({
  operationId: operationIdSchema,
  kind: z.string(),
  subject: z.string(),
  state: z.enum(["running", "undoing", "done", "failed", "cancelled"]),
  step: z.string().nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  message: z.string().nullable(),
});
/** What runs and what ran, newest first. */
export const listOperations = defineMethod({
  name: "operation.list",
  input: z.strictObject({ limit: z.number().int().min(1).max(500).default(20) }),
  output: z.object({ operations: z.array(operationSchema) }),
});
/** Follows an operation to its end. Leaving does not stop it. */
export const watchOperation = defineMethod({
  name: "operation.watch",
  progress: true,
  input: z.strictObject(operationRef),
  output: operationSchema,
});
/** Asks an operation to stop and undo what it did; `conflict` when it is past the point of return. */
export const cancelOperation = defineMethod({
  name: "operation.cancel",
  input: z.strictObject(operationRef),
  output: operationSchema,
});

const claimIdSchema = z.string().regex(/^[A-Z]+-\d+$/, "is no claim: they are named like BAK-2");

export const claimSchema = z.object({
  id: claimIdSchema,
  /** The promise, in one sentence. */
  title: z.string(),
  state: z.enum(["pass", "fail", "not_applicable", "unknown"]),
  /** It holds, but on parts that only pose as the real thing: not shown as met. */
  simulated: z.boolean(),
  /** What counts in public: green only while fresh and with its saboteur caught. */
  standing: z.string(),
  evidence: z.string(),
  checkedAt: z.string().nullable(),
  maxAgeMinutes: z.number().int(),
  saboteur: z.enum(["caught", "missed", "not_run"]),
  sabotagedAt: z.string().nullable(),
  /** What was broken to see whether it is noticed. */
  sabotage: z.string().nullable(),
});
/** Runs the probes of claims and keeps the evidence. Saboteurs need other hands: platform/trust/src/sabotage.ts. */
export const runClaims = defineMethod({
  name: "claims.run",
  progress: true,
  input: z.strictObject({ only: z.array(claimIdSchema).max(100).optional() }),
  output: z.object({ claims: z.array(claimSchema) }),
});
/** Every claim with its last evidence; runs nothing. */
export const listClaims = defineMethod({
  name: "claims.list",
  input: z.strictObject({}),
  output: z.object({ claims: z.array(claimSchema) }),
});

/** Runs one probe on scratch databases alone, keeps nothing: how a saboteur is judged. */
export const measureClaim = defineMethod({
  name: "claims.measure",
  progress: true,
  input: z.strictObject({
    id: claimIdSchema,
    databases: z.array(customerNameSchema).min(1).max(10),
    /** Of a scratch server, for what is seen over HTTPS; absent: the installation's own. */
    port: z.number().int().min(1).max(65_535).optional(),
    /** Root of a saboteur's copy of the sources; absent: the installation's own. */
    repository: z.string().max(300).optional(),
  }),
  output: z.object({
    state: z.enum(["pass", "fail", "not_applicable"]),
    summary: z.string(),
    details: z.record(z.string(), z.unknown()),
    /** The probe itself broke, so that its failure says nothing of the claim. */
    broken: z.boolean(),
  }),
});
/** Keeps how a saboteur's run ended. */
export const noteSabotage = defineMethod({
  name: "claims.noteSabotage",
  input: z.strictObject({ id: claimIdSchema, caught: z.boolean(), summary: z.string().max(2_000) }),
  output: z.object({}),
});
/** Makes an empty scratch database; its name tells it apart from every customer's. */
export const createScratch = defineMethod({
  name: "claims.createScratch",
  progress: true,
  input: z.strictObject({}),
  output: z.object({ name: customerNameSchema, tenantId: tenantIdSchema }),
});
/** Removes every scratch database and every drill's copy with their backups, also those that a crash left. */
export const sweepScratch = defineMethod({
  name: "claims.sweep",
  progress: true,
  input: z.strictObject({}),
  output: z.object({ removed: z.array(z.string()) }),
});

/** What is wrong now, as the last look found it, or (`look`) as a look right now finds it. */
export const listAlarms = defineMethod({
  name: "alarms.list",
  input: z.strictObject({ look: z.boolean().default(false) }),
  output: z.object({
    alarms: z.array(
      z.object({
        code: z.string(),
        /** The database, vault or schedule it is about. */
        subject: z.string(),
        severity: z.enum(["notice", "warning", "critical"]),
        sentence: z.string(),
        hint: z.string().nullable(),
        since: z.string(),
      }),
    ),
    lookedAt: z.string().nullable(),
    /** Nobody looks any more: an empty list says nothing then. */
    isSilent: z.boolean(),
  }),
});

/** Whether control works and what it is busy with. */
export const controlStatus = defineMethod({
  name: "status",
  input: z.strictObject({}),
  output: z.object({
    version: z.string(),
    customers: z.number().int(),
    runningOperations: z.number().int(),
    clusters: z.array(clusterStatusSchema),
    /** Databases whose newest stored backup holds data older than 22 hours: somebody must look. */
    lateBackups: z.number().int(),
    /** Older than 24 hours: the promise is broken. */
    overdueBackups: z.number().int(),
  }),
});
