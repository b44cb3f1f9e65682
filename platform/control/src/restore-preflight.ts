import { upgradeRefusals } from "@holdfast/framework/sql/schema/apply";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { Database } from "@holdfast/panel/database";
import { backupSummarySchema } from "@holdfast/protocol/backup-methods";
import type { preflightSchema } from "@holdfast/protocol/control-methods";
import type { OutputOf, Progress } from "@holdfast/protocol/method";
import { examineRestore } from "@holdfast/protocol/restore-methods";
import type { z } from "zod";
import { controlActor } from "./actor.ts";
import { isBookkeeping, knownTables } from "./known-tables.ts";
import type { Parts } from "./parts.ts";
import { recordedSchema } from "./recorded-schema.ts";
import { forecastSeconds } from "./restore-forecast.ts";
import { restoreNeeds, spareBytes } from "./restore-room.ts";
import { codeVersion } from "./version.ts";

export type Preflight = z.output<typeof preflightSchema>;
type Finding = Preflight["findings"][number];
type Examined = OutputOf<typeof examineRestore>;

/** Which backup into which database, and the means to wait for it. */
export interface PreflightRequest {
  readonly databaseId: number;
  readonly tenantId: TenantId;
  readonly apps: readonly string[];
  readonly backupId: number;
  readonly key: BackupId;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: Progress) => void;
}

/**
 * All that can be known before a restore over the live database begins: that the key opens, that every table is
 * known to this version, that there is room, how whole the copies are, how long it takes, what it costs. Changes
 * nothing; shown before the confirmation, and asked again as the operation's first step.
 *
 * @throws ExpectedError `unavailable` when no copy opens, `gone` when the key is no more.
 */
export async function examine(parts: Parts, request: PreflightRequest): Promise<Preflight> {
  const { tenantId, key: backupId, signal, progress } = request;
  const env = parts.data.reading(controlActor);
  const [backup] = await env
    .of(Backup)
    .read([request.backupId], ["summary", "taken_at", "proven_at", "state"]);
  const [database] = await env.of(Database).read([request.databaseId], ["name", "former_until"]);
  const copies = await env
    .of(BackupCopy)
    .searchRead([["backup_id", "=", request.backupId]], ["vault", "state"]);
  const examined = await parts.agent(
    examineRestore,
    { tenantId, sourceTenantId: tenantId, backupId },
    { ...(signal ? { signal } : {}), ...(progress ? { onProgress: progress } : {}) },
  );
  const summary = backup?.summary ? backupSummarySchema.parse(backup.summary) : null;
  const rowBytes = summary?.rowBytes ?? examined.liveBytes;
  const needs = restoreNeeds({ rowBytes, fileBytes: summary?.fileBytes ?? 0 });
  const findings = [
    keyFinding(examined),
    copiesFinding(copies, examined),
    versionFinding(parts, request.apps, examined),
    spaceFinding(needs, examined),
    undoFinding(database?.former_until ?? null),
  ];
  return {
    name: database?.name ?? "",
    takenAt: examined.takenAt,
    proven: backup?.proven_at?.toString() ?? null,
    summary,
    ready: findings.every(({ level }) => level !== "blocked"),
    findings,
    forecastSeconds: await forecastSeconds(parts, rowBytes + needs.files),
  };
}

/** @throws ExpectedError `conflict` with the first thing that stands in the way. */
export function refuseUnready({ findings }: Preflight): void {
  const blocked = findings.find(({ level }) => level === "blocked");
  if (blocked)
    throw new ExpectedError("conflict", `it cannot be restored: ${blocked.sentence}`, {
      hint: "the live database is untouched; choose another backup or mend this first",
    });
}

function keyFinding({ vault }: Examined): Finding {
  return { about: "key", level: "fine", sentence: `the customer's key opens it (read from ${vault})` };
}

function copiesFinding(
  copies: readonly { readonly vault: string; readonly state: string }[],
  { refused }: Examined,
): Finding {
  const bad = new Set([
    ...copies.filter(({ state }) => state === "damaged" || state === "missing").map(({ vault }) => vault),
    ...refused.map(({ vault }) => vault),
  ]);
  if (bad.size === 0)
    return {
      about: "copies",
      level: "fine",
      sentence: `all ${copies.length} copies were whole when last read`,
    };
  const sentence = `not whole in ${[...bad].join(", ")}; a restore takes a copy that is`;
  return { about: "copies", level: "warning", sentence };
}

function versionFinding(parts: Parts, apps: readonly string[], examined: Examined): Finding {
  const registry = parts.catalog.registry(apps);
  const recorded = recordedSchema(examined);
  if (recorded !== undefined) return upgradeFinding(upgradeRefusals(recorded, registry), examined);
  const known = knownTables(registry);
  const unknown = examined.tables
    .filter(({ name }) => known.has(name) || !isBookkeeping(name))
    .flatMap(({ name, columns }) => [name, ...columns.map((column) => `${name}.${column}`)])
    .find((name) => !known.has(name));
  const versions = `written by version ${examined.head.codeVersion}, this is ${codeVersion}`;
  if (unknown !== undefined)
    return {
      about: "versions",
      level: "blocked",
      sentence: `this version does not know ${unknown} (${versions})`,
    };
  return { about: "versions", level: "fine", sentence: `every table is known; ${versions}` };
}

/** Of another version: its rows are upgraded by the migrations that they have not seen. */
function upgradeFinding([refusal]: readonly string[], { head }: Examined): Finding {
  const about = "versions";
  const versions = `written by version ${head.codeVersion}, this is ${codeVersion}`;
  if (refusal === undefined)
    return { about, level: "fine", sentence: `every table is known, or migrations lead to it; ${versions}` };
  return {
    about,
    level: "blocked",
    sentence: `no migration of this version leads to it: ${refusal} (${versions})`,
  };
}

function spaceFinding(needs: { database: number; files: number }, examined: Examined): Finding {
  const free = Math.min(examined.freeDatabaseBytes, examined.freeFileBytes);
  const wanted = needs.database + needs.files + spareBytes;
  const sentence = `needs about ${megabytes(needs.database + needs.files)} beside the live database, ${megabytes(free)} are free`;
  return { about: "space", level: wanted <= free ? "fine" : "blocked", sentence };
}

function undoFinding(former: Temporal.Instant | null): Finding {
  if (former === null)
    return {
      about: "undo",
      level: "fine",
      sentence: "what is live now is kept for 72 hours, so that it can be undone",
    };
  const sentence = "the restore before this one can then not be undone any more; its safety backup stays";
  return { about: "undo", level: "warning", sentence };
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000).toLocaleString("en")} MB`;
