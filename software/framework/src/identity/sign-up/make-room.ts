import { createHmac } from "node:crypto";
import { countedSource } from "../../http/source-address.ts";
import type { Environment } from "../../model/environment.ts";
import type { IdentityParts } from "../identity-parts.ts";
import { linksModel } from "../models.ts";
import { signUpPurpose } from "./sign-up-purpose.ts";

/** Links that wait to be followed, in one database: no flood fills the table. */
export const maxWaiting = 1_000;
/** How many of them one network may have: no single one fills it. */
export const maxWaitingOfSource = 100;
const digestCharacters = 32;

/** What is kept of the network that asks: enough to count it, of no use to find it. */
export function askedFrom({ key }: Pick<IdentityParts, "key">, source: string): string {
  const digest = createHmac("sha256", key("throttle")).update(`sign-up from ${countedSource(source)}`);
  return digest.digest("hex").slice(0, digestCharacters);
}

/**
 * Ends waiting links until there is room for one more of this network: its own oldest when it has its share; else, when
 * the table is full, the oldest of whichever network has most. So a flood from many networks pushes out its own links
 * first, and whoever asks from elsewhere gets theirs.
 *
 * @returns how many were ended.
 */
export async function makeRoom(
  system: Environment,
  from: string,
  { together, ofSource } = { together: maxWaiting, ofSource: maxWaitingOfSource },
): Promise<number> {
  const links = system.of(linksModel);
  const now = Temporal.Instant.fromEpochMilliseconds(system.clock.now()).toString();
  const waiting = [
    ["purpose", "=", signUpPurpose],
    ["revoked", "=", false],
    ["uses", "=", 0],
    ["expires_at", ">", now],
  ] as const;
  const own = await links.search([...waiting, ["asked_from", "=", from]], { limit: ofSource, order: "id" });
  const oldest = own[0];
  if (own.length >= ofSource && oldest !== undefined) {
    await links.write([oldest], { revoked: true });
    return 1;
  }
  if ((await links.count([...waiting], { limit: together })) < together) return 0;
  const all = await links.searchRead([...waiting], ["asked_from"], { limit: together, order: "id" });
  const victim = oldestOfLargest(all);
  if (victim !== undefined) await links.write([victim], { revoked: true });
  return victim === undefined ? 0 : 1;
}

/** @param rows - oldest first. Among networks with equally many, the one whose oldest is oldest. */
function oldestOfLargest(
  rows: readonly { readonly id: number; readonly asked_from: string | null }[],
): number | undefined {
  const held = new Map<string, { readonly oldest: number; count: number }>();
  for (const { id, asked_from: from } of rows) {
    const known = held.get(from ?? "");
    if (known === undefined) held.set(from ?? "", { oldest: id, count: 1 });
    else known.count += 1;
  }
  return [...held.values()].toSorted((one, other) => other.count - one.count)[0]?.oldest;
}
