/**
 * The process of one backup job. Its own process, so that a job can be limited, watched and killed alone, and ends with
 * whoever asked for it: it is cancelled by SIGTERM and when its stdin closes.
 *
 * stdin: one line, a {@link JobSpec}; kept open while the job is wanted. stdout: {@link JobMessage} lines. stderr: log
 * lines without secrets. Nothing secret is in its arguments or environment.
 */
import { once } from "node:events";
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { ExpectedError } from "@holdfast/kernel/errors";
import { jsonLog } from "@holdfast/kernel/log";
import { auditJob, catalogJob, enterCopies } from "./catalog-jobs.ts";
import { type Compared, compareBackup } from "./compare.ts";
import { copyObject } from "./copy-object.ts";
import { withKeys } from "./data-keys.ts";
import { describeBackup } from "./describe.ts";
import { type Exported, exportBackup } from "./export/export.ts";
import { importZip } from "./import/import.ts";
import type { CompareJob, ExportJob, JobMessage, JobResults, JobSpec, VerifyJob } from "./jobs.ts";
import { limits } from "./limits.ts";
import { loadBackup } from "./load.ts";
import type { SignedManifest } from "./manifest.ts";
import { objectName } from "./object-name.ts";
import { openVault, type VaultSpec } from "./open-vault.ts";
import { restoreParts } from "./parts.ts";
import { peekBackup } from "./peek.ts";
import type { JobOptions } from "./progress.ts";
import { publishFiles } from "./publish-files.ts";
import { resealFiles } from "./reseal.ts";
import type { BackupSource } from "./stored-backup.ts";
import { takeBackup } from "./take.ts";
import type { Vault } from "./vault.ts";
import { checkVaults, listVaults, removeFromVaults } from "./vault-jobs.ts";
import { verifyCopies } from "./verify.ts";

const log = jsonLog("backup", (line) => process.stderr.write(line));
const cancel = new AbortController();
const cancelled = () => {
  cancel.abort(new ExpectedError("conflict", "the backup job was cancelled"));
  // Whoever asked may be gone, and with it the one who would end us by force.
  setTimeout(() => process.exit(1), limits.cancelGraceMs).unref();
};

process.on("SIGTERM", cancelled);
process.on("SIGINT", cancelled);
process.stdout.on("error", cancelled);

const lines = createInterface({ input: process.stdin });
lines.once("line", (line) => void main(line));
lines.once("close", cancelled);

const opened: Vault[] = [];

function open(spec: VaultSpec): Vault {
  const vault = openVault(spec);
  opened.push(vault);
  return vault;
}

let pipe: Socket | undefined;

async function main(line: string): Promise<void> {
  try {
    const spec: JobSpec = JSON.parse(line);
    say({ result: await run(spec, { signal: cancel.signal, onProgress: throttled() }) });
  } catch (error) {
    const expected = error instanceof ExpectedError ? error : undefined;
    log("error", "the job failed", { error, details: expected?.details });
    process.exitCode = 1;
    say({
      error: {
        code: expected?.code ?? "internal",
        message: expected?.message ?? "the backup job failed unexpectedly",
        hint: expected === undefined ? "see the log of the job" : expected.hint,
      },
    });
  } finally {
    await Promise.allSettled(opened.map((vault) => vault.close()));
    process.stdin.destroy();
    pipe?.destroy(); // an open one would keep the process
  }
}

function run(spec: JobSpec, options: JobOptions): Promise<JobResults[JobSpec["kind"]]> {
  switch (spec.kind) {
    case "take":
      return takeBackup({ ...withKeys(spec), vaults: spec.vaults.map(open), nowMs: Date.now() }, options);
    case "verify":
      return verify(spec, options);
    case "list":
      return listVaults(spec.vaults.map(open), spec.tenantId);
    case "remove":
      return removeFromVaults(spec);
    case "check":
      return checkVaults(spec, options);
    case "catalog":
      return catalogJob(spec, { vaults: spec.vaults.map(open), owner: withKeys(spec) });
    case "audit":
      return auditJob(spec, { vaults: spec.vaults.map(open), owner: withKeys(spec) });
    case "describe":
      return describeBackup({ source: withKeys(spec), vaults: spec.vaults.map(open) }, options);
    case "peek":
      return peekBackup({ source: withKeys(spec), vaults: spec.vaults.map(open) }, options);
    case "export":
      return exportTo(channel(), spec, options);
    case "import":
      return importZip(
        { ...withKeys(spec), vaults: spec.vaults.map(open) },
        channel() as AsyncIterable<Buffer>,
        options,
      );
    case "publish":
      return publishFiles(spec, options);
    case "parts":
      return restoreParts(spec, options);
    case "load":
      return loadBackup(
        { source: withKeys(spec.source), target: withKeys(spec.target), vaults: spec.vaults.map(open) },
        options,
      );
    case "compare":
      return compare(spec, options);
    case "copy":
      return copyObject(
        {
          ...spec,
          name: objectName(spec.tenantId, spec.backupId),
          from: open(spec.from),
          to: spec.to.map(open),
        },
        options,
      );
    case "reseal":
      return resealFiles({ ...withKeys(spec), path: spec.filesDir, after: spec.after }, options);
    default:
      throw new ExpectedError("bad_request", "there is no backup job of this kind");
  }
}

async function verify(spec: VerifyJob, options: JobOptions): Promise<JobResults["verify"]> {
  const input = { ...withKeys(spec), vaults: spec.vaults.map(open) };
  const verified = await verifyCopies(input, options);
  if (spec.enter === undefined) return verified;
  const entering = { ...spec.enter, backupId: spec.backupId };
  return enterCopies(verified, { entering, vaults: input.vaults, owner: input });
}

async function compare(spec: CompareJob, options: JobOptions): Promise<Compared> {
  const source = withKeys(spec.source);
  const target = withKeys(spec.target);
  const signed = spec.signed ?? (await manifestOf(source, spec.vaults.map(open), options));
  return compareBackup({ target, signed, source }, options);
}

async function manifestOf(
  source: BackupSource,
  vaults: readonly Vault[],
  options: JobOptions,
): Promise<SignedManifest> {
  const described = await describeBackup({ source, vaults }, options);
  if (described.kind === "described") return described.signed;
  throw new ExpectedError("unavailable", "no vault has an intact copy of the backup", {
    details: { badCopies: described.badCopies },
  });
}

/** The pipe beside the standard ones: bytes of an export or an import. */
function channel(): Socket {
  pipe = new Socket({ fd: 3, readable: true, writable: true });
  pipe.on("error", cancelled);
  return pipe;
}

async function exportTo(to: Socket, spec: ExportJob, options: JobOptions): Promise<Exported> {
  const source = withKeys(spec);
  const vaults = spec.vaults.map(open);
  const signed = spec.signed ?? (await manifestOf(source, vaults, options));
  const sink = {
    begin: async (started: { readonly bytes: number }) => say({ started }),
    write: async (piece: Buffer) => {
      if (!to.write(piece)) await once(to, "drain", { signal: options.signal });
    },
  };
  const done = await exportBackup({ ...spec, source, vaults, signed }, sink, options);
  await new Promise<void>((resolve) => to.end(resolve));
  return done;
}

function say(message: JobMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** At most ten lines a second, but each new step at once. */
function throttled(): NonNullable<JobOptions["onProgress"]> {
  let [step, saidAtMs] = ["", 0];
  return (progress) => {
    if (progress.step === step && Date.now() - saidAtMs < 100 && progress.done !== progress.total) return;
    [step, saidAtMs] = [progress.step, Date.now()];
    say({ progress });
  };
}
