import type { Inventory } from "./inventory.ts";

/** What is wrong after a fault, counted; every one of them must be nought. */
export interface Verdict {
  /** Rows of live databases that are fewer, or other, than before. */
  readonly lostRows: number;
  /** Two of a kind at work: controls, agents, or jobs that outlived what they were for. */
  readonly doubleWriters: number;
  /** Databases, roles, keys, files, objects and rows that belong to nothing whole. */
  readonly halfMade: number;
  /** Backups that were there before and of which no vault has a whole copy now. */
  readonly lostBackups: number;
  /** One sentence for each. */
  readonly findings: readonly string[];
}

/** What a fault may change. */
export interface Allowed {
  /** Databases, by name, whose going the story is about. */
  readonly mayGo?: readonly string[];
  /** Tables in which the story changes rows on purpose: there may be others, never fewer. */
  readonly mayChange?: readonly string[];
  /** Backups that the story deletes: at most so many, each only while a newer one is proven and whole (claim BAK-1). */
  readonly mayRetire?: number;
}

/** Judges what a fault left, from two looks from outside. Pure. */
export function judge(before: Inventory, after: Inventory, allowed: Allowed = {}): Verdict {
  const lost = lostRows(before, after, allowed);
  const double = doubleWriters(after);
  const half = halfMade(after);
  const gone = lostBackups(before, after, allowed);
  return {
    lostRows: lost.reduce((sum, { count }) => sum + count, 0),
    doubleWriters: double.length,
    halfMade: half.length,
    lostBackups: gone.length,
    findings: [...lost.map(({ sentence }) => sentence), ...double, ...half, ...gone],
  };
}

const hexOf = (tenant: string): string => tenant.replaceAll("-", "");

function lostRows(before: Inventory, after: Inventory, { mayGo = [], mayChange = [] }: Allowed) {
  const live = before.rows.databases.filter(({ state, neutralized }) => state === "running" && !neutralized);
  return live.flatMap(({ name, tenant }) => {
    const had = before.content[`t_${hexOf(tenant)}`] ?? {};
    const has = after.content[`t_${hexOf(tenant)}`];
    if (has === undefined && mayGo.includes(name)) return [];
    return Object.entries(had).flatMap(([table, { rows, digest }]) => {
      const now = has?.[table];
      if (now?.rows === rows && now.digest === digest) return [];
      if (mayChange.includes(table) && (now?.rows ?? 0) >= rows) return [];
      const count = Math.max(1, rows - (now?.rows ?? 0));
      return [
        { count, sentence: `${name}: ${table} had ${rows} rows, has ${now?.rows ?? "none"} or others` },
      ];
    });
  });
}

function doubleWriters({ jobs, controls, agents }: Inventory): string[] {
  const found: string[] = [];
  if (controls > 1) found.push(`${controls} control processes`);
  if (agents > 1) found.push(`${agents} agents`);
  if (jobs > 0) found.push(`${jobs} jobs are still at work`);
  return found;
}

function halfMade(after: Inventory): string[] {
  const { rows } = after;
  const whole = new Map(rows.databases.map((row) => [hexOf(row.tenant), row]));
  const found: string[] = [];
  for (const named of after.databases.filter((each) => each.endsWith(" in main"))) {
    const [slot = "", hex = ""] = named.replace(" in main", "").split("_");
    const row = whole.get(hex);
    const belongs = slot === "t" ? row?.state === "running" : slot === "u" && row?.hasFormer === true;
    if (!belongs) found.push(`database ${named} belongs to nothing whole`);
  }
  for (const named of after.roles.filter((each) => each.endsWith(" in main"))) {
    const [slot = "", hex = ""] = named.replace(" in main", "").split("_");
    if (!whole.has(hex)) found.push(`role ${named} belongs to nothing`);
    if (!"or".includes(slot)) found.push(`passing role ${named} was left`);
  }
  for (const { name, state } of rows.databases)
    if (state !== "running") found.push(`the row of ${name} is ${state}`);
  const stored = new Set(
    rows.backups
      .filter(({ state }) => ["stored", "partial", "damaged"].includes(state))
      .map(({ key }) => key),
  );
  for (const { vault, path } of after.objects) {
    if (!path.startsWith("store/")) found.push(`${path} was left on its way into ${vault}`);
    const key = /\/([0-9a-f-]{36})\.hfb$/.exec(path)?.[1];
    if (key !== undefined && !stored.has(key))
      found.push(`${path} in ${vault} is no backup that anybody knows`);
  }
  // Most backups are taken by an operation, an import by whoever sends it: either way nobody is at it any more.
  if (rows.openOperations === 0)
    for (const { key, state } of rows.backups)
      if (state === "taking") found.push(`backup ${key} is being taken for ever`);
  // Whoever sent something has ended or cancelled it by then.
  for (const path of after.pieces) found.push(`${path} of an upload was left`);
  if (rows.openOperations > 0) found.push(`${rows.openOperations} operations never ended`);
  return found;
}

type KnownBackup = Inventory["rows"]["backups"][number];

function lostBackups(before: Inventory, after: Inventory, { mayRetire = 0 }: Allowed): string[] {
  const wholeBefore = before.rows.backups.filter((backup) => isWhole(before, backup));
  const gone = wholeBefore.filter((backup) => {
    const row = after.rows.backups.find(({ key }) => key === backup.key);
    return row === undefined || row.state === "failed" || !isWhole(after, backup);
  });
  const retired = new Set(
    gone
      .filter((backup) => isRetired(after, backup))
      .sort((one, other) => Date.parse(one.takenAt) - Date.parse(other.takenAt))
      .slice(0, mayRetire),
  );
  return gone.filter((backup) => !retired.has(backup)).map(({ key }) => `backup ${key} is lost`);
}

const isWhole = (inventory: Inventory, { key, sha256 }: KnownBackup): boolean =>
  sha256 !== null &&
  inventory.objects.some((object) => object.path.endsWith(`/${key}.hfb`) && object.sha256 === sha256);

/** Gone without a rest, while a newer backup of the same database is proven and whole. */
function isRetired(after: Inventory, { key, database, takenAt }: KnownBackup): boolean {
  if (after.rows.backups.some((row) => row.key === key)) return false;
  if (after.objects.some(({ path }) => path.endsWith(`/${key}.hfb`))) return false;
  return after.rows.backups.some(
    (row) =>
      row.database === database &&
      row.provenAt !== null &&
      Date.parse(row.takenAt) > Date.parse(takenAt) &&
      isWhole(after, row),
  );
}
