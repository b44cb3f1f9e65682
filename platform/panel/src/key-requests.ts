import type { Environment } from "@holdfast/framework/model/environment";
import { ExpectedError } from "@holdfast/kernel/errors";
import { z } from "zod";
import { refuseOtherName, runningDatabase } from "./asked-about.ts";
import { Database } from "./database.ts";
import { addOperation, one } from "./new-operation.ts";

/** Former data keys as a database's row keeps them. */
const formerKeysSchema = z.array(z.object({ generation: z.int(), until: z.string() }));

/** Former data keys that may still be needed by a backup, by when the next one took their place. */
export const formerKeysOf = (value: unknown): z.output<typeof formerKeysSchema> =>
  formerKeysSchema.parse(value ?? []);

/**
 * Asks for a new data key for a customer; everything goes on meanwhile. Source: claim ENC-5.
 *
 * @param wish.confirm - the host name, typed again by whoever asks.
 * @returns the operation's record id.
 */
export async function requestKeyRenewal(
  env: Environment,
  wish: { readonly databaseId: number; readonly confirm: string; readonly by: string },
): Promise<number> {
  const database = await runningDatabase(env, wish.databaseId);
  refuseOtherName(database.name, wish.confirm);
  return keyOperation(env, {
    kind: "key.renew",
    label: `Make a new data key for ${database.name}`,
    databaseId: wish.databaseId,
    more: { by: wish.by },
  });
}

/** Asks to seal one batch of files anew: by the schedule, until none is left. */
export async function requestResealing(env: Environment, databaseId: number): Promise<number> {
  const { name } = await one(env.of(Database).read([databaseId], ["name"]));
  return keyOperation(env, { kind: "key.reseal", label: `Seal files of ${name} anew`, databaseId, more: {} });
}

/**
 * Asks to destroy a former data key. Whether it may go is looked at when the operation begins.
 *
 * @param wish.now - without waiting until no upload from before the change can be under way.
 * @throws ExpectedError `not_found` when no former data key is kept.
 */
export async function requestKeyDestruction(
  env: Environment,
  wish: { readonly databaseId: number; readonly now: boolean },
): Promise<number> {
  const { name, former_keys } = await one(env.of(Database).read([wish.databaseId], ["name", "former_keys"]));
  const [oldest] = formerKeysOf(former_keys);
  if (oldest === undefined)
    throw new ExpectedError("not_found", `no former data key of "${name}" is kept`, {
      hint: `bin/holdfast key renew ${name} makes a new one`,
    });
  const { generation } = oldest;
  return keyOperation(env, {
    kind: "key.destroy",
    label: `Destroy data key ${generation} of ${name}`,
    databaseId: wish.databaseId,
    more: { generation, now: wish.now },
  });
}

interface KeyWork {
  readonly kind: string;
  readonly label: string;
  readonly databaseId: number;
  readonly more: Readonly<Record<string, unknown>>;
}

async function keyOperation(env: Environment, { kind, label, databaseId, more }: KeyWork): Promise<number> {
  const { tenant_id, name, customer_id } = await one(
    env.of(Database).read([databaseId], ["tenant_id", "name", "customer_id"]),
  );
  return env.system("a customer's data key is changed", (system) =>
    addOperation(system, {
      kind,
      label,
      input: { databaseId, tenantId: tenant_id, name, ...more },
      databaseId,
      customerId: customer_id.id,
    }),
  );
}
