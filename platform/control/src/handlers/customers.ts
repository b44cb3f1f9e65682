import { present } from "@holdfast/kernel/assert";
import { parseId, type TenantId } from "@holdfast/kernel/id";
import { controlApps } from "@holdfast/panel/catalog";
import { requestClosing, requestReopening } from "@holdfast/panel/closing";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { requestDatabase, requestDeletion } from "@holdfast/panel/request";
import { closeCustomer, reopenCustomer } from "@holdfast/protocol/closing-methods";
import {
  createCustomer,
  deleteCustomer,
  listCustomers,
  type Place,
  resolveHosts,
  showCustomer,
} from "@holdfast/protocol/control-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { follow } from "./follow.ts";
import { customerRow, customerRows, databaseIdOf } from "./rows.ts";

/** What the command line and the server ask about customers and their databases. */
export function customerHandlers(context: ControlContext): Handler[] {
  const { parts, runner } = context;
  return [
    handle(resolveHosts, async ({ hosts }) => ({ places: await resolve(context, hosts) })),
    handle(listCustomers, async () => ({ customers: await customerRows(parts.data) })),
    handle(showCustomer, ({ name }) => customerRow(parts.data, name)),
    handle(createCustomer, async ({ name, plan, login, demoData }, { signal, progress }) => {
      const email = login ?? `admin@${name}.example`;
      const operation = await addCustomer(context, { name, plan, email, demoData });
      const ended = await follow(operation, { parts, runner, signal, progress });
      return {
        operationId: ended.operationId,
        customer: await customerRow(parts.data, name),
        login: email,
        password: context.secretOf(ended.operationId) ?? null,
      };
    }),
    handle(closeCustomer, async ({ name, confirm }) => {
      const databaseId = await databaseIdOf(parts.data, name);
      const until = await parts.data.writing(controlActor, (env) =>
        requestClosing(env, { databaseId, confirm }),
      );
      return { until: until.toString() };
    }),
    handle(reopenCustomer, async ({ name }, { signal, progress }) => {
      const databaseId = await databaseIdOf(parts.data, name);
      const operation = await parts.data.writing(controlActor, (env) => requestReopening(env, databaseId));
      const ended = await follow(operation, { parts, runner, signal, progress });
      return { operationId: ended.operationId, customer: await customerRow(parts.data, name) };
    }),
    handle(deleteCustomer, async ({ name }, { signal, progress }) => {
      const databaseId = await databaseIdOf(parts.data, name);
      const operation = await parts.data.writing(controlActor, (env) => requestDeletion(env, databaseId));
      const ended = await follow(operation, { parts, runner, signal, progress });
      return { operationId: ended.operationId };
    }),
  ];
}

interface NewCustomer {
  readonly name: string;
  readonly plan: "free" | "trial" | "education" | "paid";
  readonly email: string;
  readonly demoData: boolean;
  /** Chosen beforehand by whoever has to find it again, whatever is killed meanwhile. */
  readonly tenantId?: TenantId;
}

/** Writes a customer and the wish for its database down. @returns the operation's record id. */
export function addCustomer({ parts }: ControlContext, wish: NewCustomer): Promise<number> {
  return parts.data.writing(controlActor, async (env) => {
    const [draft] = await env.of(Customer).search([
      ["name", "=", wish.name],
      ["state", "=", "draft"],
    ]);
    if (draft !== undefined) await env.of(Customer).write([draft], { email: wish.email, plan: wish.plan });
    const [customerId] =
      draft === undefined
        ? await env.of(Customer).create([{ name: wish.name, email: wish.email, plan: wish.plan }])
        : [draft];
    return requestDatabase(env, {
      customerId: present(customerId, "the new customer"),
      demoData: wish.demoData,
      invite: false,
      ...(wish.tenantId === undefined ? {} : { tenantId: wish.tenantId }),
    });
  });
}

/** One statement, however many hosts. */
async function resolve(context: ControlContext, hosts: readonly string[]): Promise<(Place | null)[]> {
  const { parts, config, panelHost } = context;
  const panel: Place = {
    tenantId: config.controlTenantId,
    name: "panel",
    apps: [...controlApps],
    neutralized: false,
    keys: 0,
  };
  const suffix = parts.hostOf("");
  const names = hosts.filter((host) => host.endsWith(suffix)).map((host) => host.slice(0, -suffix.length));
  const rows = await parts.data
    .reading(controlActor)
    .of(Database)
    .searchRead(
      [
        ["name", "in", names],
        ["state", "=", "running"],
      ],
      ["name", "tenant_id", "apps", "neutralized", "key_generation"],
    );
  const places = new Map(rows.map((row) => [parts.hostOf(row.name), placeOf(row)]));
  return hosts.map((host) => (host === panelHost ? panel : (places.get(host) ?? null)));
}

function placeOf(row: {
  readonly tenant_id: string;
  readonly name: string;
  readonly apps: unknown;
  readonly neutralized: boolean;
  readonly key_generation: number | null;
}): Place {
  return {
    tenantId: present(parseId<"tenant">(row.tenant_id), "a tenant id"),
    name: row.name,
    apps: row.apps as string[],
    neutralized: row.neutralized,
    keys: row.key_generation ?? 1,
  };
}
