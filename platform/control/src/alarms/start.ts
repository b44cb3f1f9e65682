import { readFileSync } from "node:fs";
import { mailModel } from "@holdfast/framework/mail/models";
import { lookOutRound } from "@holdfast/panel/round";
import { openVisitor } from "@holdfast/trust/visitor";
import { controlActor } from "../actor.ts";
import type { Parts } from "../parts.ts";
import { compareCatalogs } from "./compare-catalogs.ts";
import { keepKeyLooks } from "./look-at-keys.ts";
import { keepKeystoreLook } from "./look-at-keystore.ts";
import { keepVaultLooks } from "./look-at-vaults.ts";
import { lookOut } from "./look-out.ts";
import { noteRound } from "./rounds.ts";
import { watchers } from "./watchers.ts";

const lookSeconds = 60;
/** As the alarm about its silence names it. */
const vaultRound = "look at vaults";
const catalogRound = "compare catalogs";

type LookParts = Pick<Parts, "data" | "clock" | "agent" | "log">;

/**
 * Mail of the control database goes out when the server is visited there: knocks, so that an alarm in the
 * night does not wait for somebody to open the panel.
 */
export function knockAt(parts: Pick<Parts, "urlOf">, caFile: string): () => Promise<void> {
  return async () => {
    const visitor = openVisitor(readFileSync(caFile, "utf8"));
    try {
      await visitor.visit(parts.urlOf("panel"));
    } finally {
      visitor.close();
    }
  };
}

async function mailWaits({ data }: Pick<Parts, "data">): Promise<boolean> {
  const waiting = [["state", "=", "outgoing"]] as const;
  return (await data.reading(controlActor).of(mailModel).count(waiting, { limit: 1 })) > 0;
}

/** One whole round: vaults are asked, catalogs compared, then everything is looked at. A round that fails stops nothing. */
export async function lookEverywhere(parts: LookParts): Promise<void> {
  await keepVaultLooks(parts).then(
    () => noteRound(parts.data, vaultRound, lookSeconds),
    (error: unknown) => parts.log("warn", "vaults could not be looked at", { error }),
  );
  await keepKeyLooks(parts).catch((error: unknown) =>
    parts.log("warn", "copies of the keystore could not be listed", { error }),
  );
  await compareCatalogs(parts).then(
    () => noteRound(parts.data, catalogRound, lookSeconds),
    (error: unknown) => parts.log("warn", "catalogs could not be compared", { error }),
  );
  await keepKeystoreLook(parts, lookSeconds).catch((error: unknown) =>
    parts.log("warn", "the keystore could not be looked at", { error }),
  );
  const { raised, resolved, open } = await lookOut(parts, watchers);
  if (raised + resolved > 0) parts.log("info", "alarms changed", { raised, resolved, open });
  await noteRound(parts.data, lookOutRound, lookSeconds);
}

/** Looks once a minute until the returned function is called, which waits for the look at work. */
export function startLookOut(parts: LookParts, knock: () => Promise<void>): () => Promise<void> {
  let looking: Promise<void> | undefined;
  const look = (): void => {
    looking ??= lookEverywhere(parts)
      .then(async () => void ((await mailWaits(parts)) && (await knock())))
      .catch((error: unknown) => parts.log("error", "alarms could not be looked for", { error }))
      .finally(() => (looking = undefined));
  };
  const timer = setInterval(look, lookSeconds * 1_000);
  look();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
