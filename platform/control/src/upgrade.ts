import { Database } from "@holdfast/panel/database";
import { Operation } from "@holdfast/panel/operation";
import { requestUpgrade } from "@holdfast/panel/request";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

/** Most databases that one start asks to upgrade; the rest follow at the next. */
const maxUpgrades = 10_000;

/**
 * Asks for an upgrade of every database whose tables follow other declarations than this version's: a newer
 * checkout over older data. Reads the control database alone. @returns how many were asked for.
 */
export async function upgradeOutdated(parts: Parts): Promise<number> {
  const env = parts.data.reading(controlActor);
  const running = await env
    .of(Database)
    .searchRead([["state", "=", "running"]], ["name", "apps", "schema_digest"], { limit: maxUpgrades });
  const outdated = running.filter(
    ({ apps, schema_digest: digest }) => parts.catalog.registry(apps as string[]).schemaDigest !== digest,
  );
  const asked = await env.of(Operation).searchRead(
    [
      ["kind", "=", "database.upgrade"],
      ["state", "in", ["pending", "running"]],
    ],
    ["database_id"],
    { limit: maxUpgrades },
  );
  const waiting = new Set(asked.map((operation) => operation.database_id?.id));
  const wanted = outdated.filter(({ id }) => !waiting.has(id));
  for (const database of wanted)
    await parts.data.writing(controlActor, (writing) => requestUpgrade(writing, database.id));
  if (wanted.length > 0)
    parts.log("info", "databases follow older declarations", { upgrades: wanted.length });
  return wanted.length;
}
