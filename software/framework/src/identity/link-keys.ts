import { ExpectedError } from "@holdfast/kernel/errors";
import type { Environment } from "../model/environment.ts";
import { linkKeysModel } from "./link-keys-model.ts";
import { type EventOrigin, recordSecurityEvent } from "./security-log.ts";

/** Links live for a year at most, and so does a former key. */
export const maxOverlapHours = 8_784;
/** Rotations of one database that are kept; the next is refused. At one a day: 27 years. */
const maxVersions = 10_000;

/** The version that new links are signed with; 1 until a key was changed. One statement. */
export async function currentLinkKey(env: Environment): Promise<number> {
  const [row] = await env.system("learn which key signs new links", (system) =>
    system.of(linkKeysModel).searchRead([], ["version"], { order: "version desc", limit: 1 }),
  );
  return row?.version ?? 1;
}

/**
 * Of these versions, those whose links work now. Asked of the database each time and never kept: a key that was
 * changed in one worker is changed in all, at the next request. One statement.
 */
export async function standingLinkKeys(
  env: Environment,
  versions: readonly number[],
): Promise<ReadonlySet<number>> {
  if (versions.length === 0) return new Set();
  const asked = [...new Set(versions)];
  const rows = await env.system("ask whether a key of signed links still holds", (system) =>
    system
      .of(linkKeysModel)
      .searchRead([["version", "in", asked]], ["version", "ends_at"], { limit: asked.length }),
  );
  const now = env.clock.now();
  const ends = new Map(rows.map((row) => [row.version, row.ends_at?.epochMilliseconds ?? Infinity]));
  // The first key has no row until it is changed; a version above it that has none was never given out.
  return new Set(asked.filter((version) => (ends.get(version) ?? (version === 1 ? Infinity : 0)) > now));
}

/**
 * Changes the key that signs links. Links made before work for another `overlapHours` at most; 0: all of them are
 * dead from the next request on. An earlier change whose overlap runs on is cut short, never prolonged. Logged.
 * Two changes at once: one commits, the other fails.
 *
 * The caller decides who may: the administrator, recently confirmed.
 *
 * @returns the new version.
 * @throws ExpectedError `invalid` when the overlap is not a whole number of hours between 0 and 8,784.
 */
export async function rotateLinkKey(
  env: Environment,
  overlapHours: number,
  from?: EventOrigin,
): Promise<number> {
  if (!(Number.isInteger(overlapHours) && overlapHours >= 0 && overlapHours <= maxOverlapHours))
    throw new ExpectedError(
      "invalid",
      `Older links cannot work on for ${overlapHours} hours: choose 0 to ${maxOverlapHours}.`,
    );
  const former = await currentLinkKey(env);
  if (former >= maxVersions)
    throw new ExpectedError(
      "invalid",
      "The key of links was changed too often. Revoke single links instead.",
    );
  const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
  await env.system("change the key of signed links", async (system) => {
    if (former === 1) await addFirst(system);
    await endFormer(system, now.add({ hours: overlapHours }));
    await system.of(linkKeysModel).create([{ version: former + 1 }]);
    await recordSecurityEvent(system, {
      event: "links_rotated",
      outcome: "ok",
      userId: env.actor.userId,
      from,
      detail: `key ${former + 1}; older links work for another ${overlapHours} hours`,
    });
  });
  return former + 1;
}

async function addFirst(system: Environment): Promise<void> {
  const first = await system.of(linkKeysModel).search([["version", "=", 1]], { limit: 1 });
  if (first.length === 0) await system.of(linkKeysModel).create([{ version: 1 }]);
}

async function endFormer(system: Environment, at: Temporal.Instant): Promise<void> {
  const keys = system.of(linkKeysModel);
  const rows = await keys.searchRead([], ["ends_at"], { limit: maxVersions });
  const longer = rows.filter(
    ({ ends_at }) => ends_at === null || ends_at.epochMilliseconds > at.epochMilliseconds,
  );
  if (longer.length > 0)
    await keys.write(
      longer.map(({ id }) => id),
      { ends_at: at },
    );
}
