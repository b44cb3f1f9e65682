import type { Row } from "@holdfast/framework/model/model";
import { Vault } from "@holdfast/panel/vault";
import { controlActor } from "../actor.ts";
import { type Condition, spanOf, type Watcher } from "./condition.ts";

/** A vault that did not answer for so long is told of; after the second a day's copies are in danger. */
export const unseenMs = { warn: 10 * 60_000, critical: 6 * 3_600_000 } as const;
/** Told while there is still room for so many times what must stay free. */
const roomTold = 4;
const megabyte = 1_048_576;

const fields = [
  "name",
  "answers",
  "create_date",
  "last_seen_at",
  "trouble",
  "free_bytes",
  "wanted_free_bytes",
] as const;
type SeenVault = Row<typeof Vault, (typeof fields)[number]>;

/** Vaults that have not answered, take no writes, or are nearly full, as the last round found them. Claim BAK-2. */
export const watchVaults: Watcher = {
  name: "vaults",
  codes: ["vault.unseen", "vault.refuses", "vault.full"],
  look: async ({ data, clock }) => {
    const vaults = await data.reading(controlActor).of(Vault).searchRead([], fields);
    return vaults.flatMap((vault) => [
      ...unseen(vault, clock.now()),
      ...refusing(vault, clock.now()),
      ...full(vault, clock.now()),
    ]);
  },
};

function unseen(vault: SeenVault, nowMs: number): Condition[] {
  const sinceMs = (vault.last_seen_at ?? vault.create_date).epochMilliseconds;
  const ageMs = nowMs - sinceMs;
  if (ageMs < unseenMs.warn) return [];
  return [
    {
      code: "vault.unseen",
      subject: vault.name,
      severity: ageMs >= unseenMs.critical ? "critical" : "warning",
      sentence: `vault ${vault.name} has not answered for ${spanOf(ageMs)}${vault.trouble ? `: ${vault.trouble}` : ""}`,
      hint: "see whether its data center, its disk and its credentials are there; copies are caught up by themselves",
      sinceMs,
      vault: vault.name,
    },
  ];
}

/** It answers, yet takes nothing: a disk that became read-only, a right that was taken away. */
function refusing(vault: SeenVault, nowMs: number): Condition[] {
  if (!vault.trouble || !vault.answers) return [];
  return [
    {
      code: "vault.refuses",
      subject: vault.name,
      severity: "critical",
      sentence: `vault ${vault.name} takes no backups: ${vault.trouble}`,
      hint: "mend it; copies are caught up by themselves",
      sinceMs: vault.last_seen_at?.epochMilliseconds ?? nowMs,
      vault: vault.name,
    },
  ];
}

function full(vault: SeenVault, nowMs: number): Condition[] {
  if (vault.free_bytes === null || vault.wanted_free_bytes === null) return [];
  const [free, wanted] = [Number(vault.free_bytes), Number(vault.wanted_free_bytes)];
  if (free >= wanted * roomTold) return [];
  return [
    {
      code: "vault.full",
      subject: vault.name,
      severity: free < wanted ? "critical" : "warning",
      sentence: `vault ${vault.name} has ${Math.floor(free / megabyte)} MiB free; below ${Math.floor(wanted / megabyte)} MiB it takes no backups`,
      hint: "enlarge it, or let retention remove old backups",
      sinceMs: vault.last_seen_at?.epochMilliseconds ?? nowMs,
      vault: vault.name,
    },
  ];
}
