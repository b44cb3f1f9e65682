import { ExpectedError } from "@holdfast/kernel/errors";
import type { Claim, DatabaseInScope, Finding, ProbeContext } from "@holdfast/trust/claim";
import { counted, Verdict } from "@holdfast/trust/verdict";
import { backUpCanary, newestBackup } from "../stored-backups.ts";

/** Of the probes' own database; a larger one is no canary. */
const maxZipBytes = 256 * 1024 * 1024;
const resumedAt = 0.4;

/** BAK-4: backups can be taken away, and what was taken away is a backup. */
export const downloadableBackups: Claim = {
  id: "BAK-4",
  promise: "A backup of live data can be downloaded at any time: one zip with rows, files and a manifest.",
  method:
    "A drill downloads the newest backup of a database made for probes, through the same door as people. It then asks for the same zip again from the middle on, as after a cut connection, and the bytes must be the same. The zip is taken in as a foreign backup, restored beside as another database, and every row and file compared with its manifest. The copy is deleted.",
  maxAgeMinutes: 1_440,
  probe,
};

async function probe(context: ProbeContext): Promise<Finding> {
  await backUpCanary(context);
  const verdict = new Verdict();
  const [canary] = await context.canaries();
  if (canary === undefined)
    return { state: "not_applicable", summary: "There is no database for probes yet." };
  const newest = await newestBackup(context, canary);
  const zip = newest && (await downloaded(context, verdict, { canary, backupId: newest.backupId }));
  if (zip === undefined) {
    if (verdict.holds) verdict.problem("there is no backup to download", canary.name);
    return verdict.finding("no whole download was made");
  }
  const rows = await restoredElsewhere(context, verdict, { canary, zip });
  return verdict.finding(
    `a download of ${counted(zip.byteLength, "byte")} was made, resumed at ${resumedAt * 100} % byte for byte, and restored as another database: ${counted(rows, "row")}`,
    ", equal to its manifest",
  );
}

interface Wanted {
  readonly canary: DatabaseInScope;
  readonly backupId: string;
}

async function downloaded(
  context: ProbeContext,
  verdict: Verdict,
  wanted: Wanted,
): Promise<Buffer | undefined> {
  try {
    const { bytes, body } = await context.drills.download(wanted.canary.name, wanted.backupId, 0);
    const zip = await gathered(body);
    verdict.expect(
      zip.byteLength === bytes,
      "a download is shorter than was said",
      `${zip.byteLength} of ${bytes}`,
    );
    const from = Math.floor(bytes * resumedAt);
    const rest = await context.drills.download(wanted.canary.name, wanted.backupId, from);
    verdict.expect(
      (await gathered(rest.body)).equals(zip.subarray(from)),
      "a resumed download has other bytes than the first",
      `${wanted.backupId} from ${from}`,
    );
    return zip;
  } catch (error) {
    context.signal.throwIfAborted();
    verdict.problem("a backup could not be downloaded whole", `${wanted.backupId}: ${messageOf(error)}`);
    return undefined;
  }
}

async function gathered(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.byteLength;
    if (bytes > maxZipBytes)
      throw new ExpectedError("too_large", "the download is larger than a drill takes");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function restoredElsewhere(
  context: ProbeContext,
  verdict: Verdict,
  { canary, zip }: { readonly canary: DatabaseInScope; readonly zip: Buffer },
): Promise<number> {
  const imported = await context.drills.takeIn(canary.name, zip);
  const copy = await context.drills.restoreBeside(imported);
  try {
    verdict.expect(
      copy.equal && copy.summary.rows > 0,
      "what was downloaded restores to something else",
      copy.differences.join("; "),
    );
    return copy.summary.rows;
  } finally {
    await context.drills.remove(copy.database.name);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
