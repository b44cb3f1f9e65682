import type { Environment } from "@holdfast/framework/model/environment";
import { present } from "@holdfast/kernel/assert";
import { parseId } from "@holdfast/kernel/id";
import { refuseOtherName } from "@holdfast/panel/asked-about";
import { Database } from "@holdfast/panel/database";
import {
  formerKeysOf,
  requestKeyDestruction,
  requestKeyRenewal,
  requestResealing,
} from "@holdfast/panel/key-requests";
import { ShredCertificate } from "@holdfast/panel/shred-certificate";
import { lookAtKeystore } from "@holdfast/protocol/agent-methods";
import type { OutputOf } from "@holdfast/protocol/method";
import {
  destroyCustomerKey,
  listKeyPlaces,
  listShreddedKeys,
  renewCustomerKey,
  resealCustomerFiles,
  rotatePlatformKey,
  showCustomerKey,
  showShredCertificate,
} from "@holdfast/protocol/retention-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { listShredded, rotateRootKey, shredCertificate } from "@holdfast/protocol/vault-methods";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { backupsBefore } from "../kinds/data-key.ts";
import type { StepContext } from "../operations/step.ts";
import type { Parts } from "../parts.ts";
import { follow } from "./follow.ts";
import { databaseIdOf } from "./rows.ts";

/** What operators ask about keys at the command line; no key ever passes here. */
export function keyHandlers({ parts, runner }: ControlContext): Handler[] {
  const asked = async (
    customer: string,
    request: (env: Environment, databaseId: number) => Promise<number>,
    { signal, progress }: Pick<StepContext<unknown>, "signal" | "progress">,
  ) => {
    const databaseId = await databaseIdOf(parts.data, customer);
    const operation = await parts.data.writing(controlActor, (env) => request(env, databaseId));
    const { operationId } = await follow(operation, { parts, runner, signal, progress });
    return { operationId, ...(await keyStateOf(parts, customer)) };
  };
  return [
    handle(renewCustomerKey, ({ customer, confirm }, context) =>
      asked(
        customer,
        (env, databaseId) => requestKeyRenewal(env, { databaseId, confirm, by: "an operator" }),
        context,
      ),
    ),
    handle(showCustomerKey, ({ customer }) => keyStateOf(parts, customer)),
    handle(resealCustomerFiles, ({ customer }, context) => asked(customer, requestResealing, context)),
    handle(destroyCustomerKey, async ({ customer, confirm, now }, context) => {
      refuseOtherName(customer, confirm);
      return asked(customer, (env, databaseId) => requestKeyDestruction(env, { databaseId, now }), context);
    }),
    handle(rotatePlatformKey, () => parts.agent(rotateRootKey, {})),
    handle(listKeyPlaces, async () => {
      const { places } = await parts.agent(lookAtKeystore, {});
      return { places };
    }),
    handle(listShreddedKeys, async () => {
      const listed = await parts.agent(listShredded, {});
      return { ...listed, names: await namesOf(parts, listed) };
    }),
    handle(showShredCertificate, (wish) => parts.agent(shredCertificate, wish)),
  ];
}

/** Certificates that are read for a name alone; of others the round of control keeps the names within minutes. */
const mostRead = 100;

/** What each tenant was called; of one that is not known any more there is no name. */
async function namesOf(parts: Parts, { tenants, former }: OutputOf<typeof listShredded>) {
  const env = parts.data.reading(controlActor);
  const ids = [...new Set([...tenants, ...former.map(({ tenantId }) => tenantId)])];
  const domain = [["tenant_id", "in", ids]] as const;
  const kept = await env.of(ShredCertificate).searchRead(domain, ["tenant_id", "subject"]);
  const alive = await env.of(Database).searchRead(domain, ["tenant_id", "name"]);
  const names = Object.fromEntries([
    ...alive.map(({ tenant_id, name }) => [tenant_id, name]),
    ...kept.map(({ tenant_id, subject }) => [tenant_id, subject]),
  ]);
  for (const tenantId of tenants.filter((id) => names[id] === undefined).slice(0, mostRead)) {
    const { certificate } = await parts.agent(shredCertificate, { tenantId });
    const { subject } = JSON.parse(certificate) as { readonly subject?: unknown };
    if (typeof subject === "string") names[tenantId] = subject;
  }
  return names;
}

async function keyStateOf(parts: Parts, customer: string) {
  const id = await databaseIdOf(parts.data, customer);
  const env = parts.data.reading(controlActor);
  const fields = [
    "tenant_id",
    "key_generation",
    "key_changed_at",
    "former_keys",
    "reseal_after",
    "resealed_files",
  ] as const;
  const [row] = await env.of(Database).read([id], fields);
  const found = present(row, "the database that was found");
  const former = [];
  for (const { generation, until } of formerKeysOf(found.former_keys))
    former.push({ generation, until, backups: await backupsBefore(parts, id, until) });
  return {
    customer,
    tenantId: present(parseId<"tenant">(found.tenant_id), "a tenant id"),
    generation: found.key_generation ?? 1,
    changedAt: found.key_changed_at?.toString() ?? null,
    former,
    filesAnew: { sealed: found.resealed_files ?? 0, left: found.reseal_after !== null },
  };
}
