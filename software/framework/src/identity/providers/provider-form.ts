import { ExpectedError } from "@holdfast/kernel/errors";
import type { Environment } from "../../model/environment.ts";
import type { Values } from "../../model/model.ts";
import { endOtherSessions } from "../credential-change.ts";
import { groupsModel } from "../models.ts";
import { sealSecret } from "../secret-box.ts";
import { recordSecurityEvent } from "../security-log.ts";
import { externalIdentitiesModel, providerGroupsModel, providersModel } from "./models.ts";
import { maxProviders, type Provider, providerOf, secretOf, secretPurpose } from "./provider.ts";

const maxMapped = 200;
type Form = Readonly<Record<string, string>>;
type ProviderValues = Values<typeof providersModel>;

/** What the form's checkboxes are called, and which field each sets. */
export const providerSwitches = [
  ["active", "In use: people may sign in by it (switched off, whoever came in by it is signed out)"],
  ["create_users", "Let in whoever it knows: a user is made at the first sign-in"],
  ["link_by_mail", "Link users who are here already, when it has verified the same mail address"],
  ["has_factor", "It asks for a second step itself: do not ask again here"],
  ["allow_private", "It may lie in a private network"],
] as const;

/** What the form says. */
export interface SentProvider {
  /** Absent: a new one. */
  readonly id: number | undefined;
  readonly form: Form;
  /** Whether this server lets administrators name hosts of private networks. */
  readonly mayBePrivate: boolean;
}

/**
 * Makes a provider, or changes one. The secret is sealed for its address and client: whoever changes one of them
 * gives the secret again, else it would go to the new address.
 *
 * @returns its id. @throws ExpectedError `invalid` with what is wrong.
 */
export async function saveProvider(
  env: Environment,
  key: Uint8Array,
  { id, form, mayBePrivate }: SentProvider,
): Promise<number> {
  if (form["allow_private"] === "yes" && !mayBePrivate)
    throw new ExpectedError("invalid", "This server asks no provider in a private network.", {
      hint: "Ask its operator, or give the provider an address that is reached from everywhere.",
    });
  const before = id === undefined ? undefined : await providerOf(env, id);
  const values = valuesOf(form, before?.kind);
  return env.system("save a sign-in provider", async (system) => {
    const providers = system.of(providersModel);
    const saved = before?.id ?? (await made(system, values));
    if (before !== undefined) await providers.write([before.id], values);
    const switchedOff = before?.active === true && values.active === false;
    if (switchedOff) await endSessionsBy(system, before.id, { endApiKeys: false });
    const now = { id: saved, url: values.url ?? "", client_id: values.client_id ?? "" };
    const secret = form["secret"] || secretToKeep(key, before, now);
    const purpose = secretPurpose(now);
    const sealed = secret === "" ? null : sealSecret(key, secret, { purpose, random: system.random });
    await providers.write([saved], { secret_sealed: sealed });
    await saveGroups(system, saved, form["groups"] ?? "");
    await logged(system, env, before === undefined ? "added" : switchedOff ? "switched off" : "changed");
    return saved;
  });
}

/** Removes a provider: its users' sessions end; they have no password and come in again by invitation. */
export async function removeProvider(env: Environment, id: number): Promise<void> {
  await env.system("remove a sign-in provider", async (system) => {
    await endSessionsBy(system, id, { endApiKeys: true });
    await system.of(providersModel).unlink([id]);
    await logged(system, env, "removed");
  });
}

/** Whoever came in by a provider is out: it vouches for nobody any more. Their keys stay while it may come back. */
async function endSessionsBy(
  system: Environment,
  providerId: number,
  keys: { readonly endApiKeys: boolean },
): Promise<void> {
  const links = await system
    .of(externalIdentitiesModel)
    .searchRead([["provider_id", "=", providerId]], ["user_id"]);
  for (const userId of new Set(links.map((link) => link.user_id.id)))
    await endOtherSessions(system, userId, keys);
}

/** The mapping as the form shows it: one line each, `group there = key of the group here`. */
export async function mappingText(env: Environment, providerId: number): Promise<string> {
  return env.system("show the groups of a sign-in provider", async (system) => {
    const rows = await system
      .of(providerGroupsModel)
      .searchRead([["provider_id", "=", providerId]], ["value", "group_id"], { limit: maxMapped });
    const ids = rows.map((row) => row.group_id.id);
    const groups = await system.of(groupsModel).searchRead([["id", "in", ids]], ["key"]);
    const keys = new Map(groups.map((group) => [group.id, group.key]));
    return rows.map((row) => `${row.value} = ${keys.get(row.group_id.id)}`).join("\n");
  });
}

function secretToKeep(
  key: Uint8Array,
  before: Provider | undefined,
  now: { readonly url: string; readonly client_id: string },
): string {
  if (before === undefined) return "";
  const same = before.url === now.url && before.client_id === now.client_id;
  if (!same && before.secret_sealed !== null)
    throw new ExpectedError("invalid", "With another address or client, give its secret again.");
  return secretOf(key, before);
}

async function made(system: Environment, values: ProviderValues): Promise<number> {
  const providers = system.of(providersModel);
  if ((await providers.count([], { activeOnly: false })) >= maxProviders)
    throw new ExpectedError("invalid", `There are ${maxProviders} providers already.`);
  const [id] = await providers.create([values]);
  return id as number;
}

function valuesOf(form: Form, kind: Provider["kind"] | undefined): ProviderValues {
  const text = (name: string) => (form[name] ?? "").trim();
  const chosen = kind ?? (text("kind") === "ldap" ? "ldap" : "oidc");
  const starts = chosen === "oidc" ? /^https:\/\/./ : /^ldaps?:\/\/./;
  if (text("name") === "") throw new ExpectedError("invalid", "The provider needs a name.");
  if (!starts.test(text("url")) || URL.parse(text("url")) === null)
    throw new ExpectedError(
      "invalid",
      chosen === "oidc"
        ? "The address begins with https://."
        : "The address begins with ldaps:// or ldap://.",
    );
  if (text("client_id") === "") throw new ExpectedError("invalid", "The client or bind name is missing.");
  const switches = Object.fromEntries(providerSwitches.map(([name]) => [name, form[name] === "yes"]));
  const optional = (name: string) => (text(name) === "" ? null : text(name));
  return {
    name: text("name"),
    kind: chosen,
    url: text("url"),
    client_id: text("client_id"),
    ca_pem: optional("ca_pem"),
    base_dn: optional("base_dn"),
    user_filter: optional("user_filter"),
    login_attribute: optional("login_attribute"),
    group_attribute: optional("group_attribute"),
    default_group_id: Number(form["default_group_id"]) || null,
    ...switches,
  };
}

async function saveGroups(system: Environment, providerId: number, lines: string): Promise<void> {
  const pairs = lines
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (pairs.length > maxMapped) throw new ExpectedError("invalid", `At most ${maxMapped} groups are mapped.`);
  const groups = await system.of(groupsModel).searchRead([], ["key"], { limit: 1_000 });
  const ids = new Map(groups.map((group) => [group.key, group.id]));
  const rows = pairs.map((line) => {
    const at = line.lastIndexOf("=");
    const [value, key] = [line.slice(0, Math.max(at, 0)).trim(), line.slice(at + 1).trim()];
    const group_id = ids.get(key);
    if (value === "" || group_id === undefined)
      throw new ExpectedError("invalid", `"${line.slice(0, 80)}" maps nothing to a group of here.`, {
        hint: "One a line: the group there, an equals sign, the key of a group here, such as base.user.",
      });
    return { provider_id: providerId, value, group_id };
  });
  const model = system.of(providerGroupsModel);
  const old = await model.search([["provider_id", "=", providerId]]);
  if (old.length > 0) await model.unlink(old);
  if (rows.length > 0) await model.create(rows);
}

function logged(system: Environment, { actor }: Environment, detail: string): Promise<void> {
  return recordSecurityEvent(system, {
    event: "provider_changed",
    outcome: "ok",
    userId: actor.userId,
    detail: `a sign-in provider was ${detail}`,
  });
}
