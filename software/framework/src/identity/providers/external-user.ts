import { createHash } from "node:crypto";
import type { Environment } from "../../model/environment.ts";
import { escapeLike } from "../../model/escape-like.ts";
import { endOtherSessions } from "../credential-change.ts";
import { normalizeLogin } from "../login-name.ts";
import { usersModel } from "../models.ts";
import { recordSecurityEvent } from "../security-log.ts";
import { createExternalUser } from "./create-external-user.ts";
import { mapGroups } from "./map-groups.ts";
import { externalIdentitiesModel } from "./models.ts";
import { type Provider, providerOf } from "./provider.ts";

/** A person as a provider vouches for them. */
export interface ExternalPerson {
  /** Who says so: the OpenID issuer; for a directory its address. */
  readonly issuer: string;
  /** Who it is there, for ever: `sub`, `entryUUID`. */
  readonly subject: string;
  /** Login that they would have here. */
  readonly login: string;
  readonly name: string;
  /** Empty when there is none, or nobody verified it. */
  readonly verifiedMail: string;
  readonly groups: readonly string[];
}

/** Why somebody whom the provider knows is not let in; for the log, never for the person. */
export type NotLetIn =
  | "provider is switched off"
  | "archived"
  | "unknown here"
  | "login is taken"
  | "mail fits several users";

/** The user of this database that a person elsewhere is. */
export type ExternalUser =
  | { readonly kind: "user"; readonly userId: number; readonly credentialVersion: number }
  | { readonly kind: "refused"; readonly reason: NotLetIn; readonly userId: number | null };

/**
 * Finds the user that a person elsewhere is: linked before by issuer and subject; else, where the administrator
 * allowed it, by verified mail; else made anew, where that is allowed. Groups follow the provider's.
 *
 * In one transaction of the caller's, by the provider as it is now: the answer from elsewhere took its time, and it
 * may have been switched off meanwhile. A user who is linked loses the local password: two doors are one too many.
 */
export async function externalUser(
  env: Environment,
  { id }: Pick<Provider, "id">,
  person: ExternalPerson,
): Promise<ExternalUser> {
  return env.system("find who signs in from elsewhere", async (system) => {
    const provider = await providerOf(system, id);
    if (provider?.active !== true)
      return { kind: "refused", reason: "provider is switched off", userId: null };
    const key = subjectKey(provider, person);
    const found = (await linkedUser(system, key)) ?? (await newlyLinked(system, provider, { person, key }));
    if (typeof found === "string") return { kind: "refused", reason: found, userId: null };
    const [user] = await system
      .of(usersModel)
      .searchRead([["id", "=", found]], ["active", "credential_version"], { limit: 1, activeOnly: false });
    if (user?.active !== true) return { kind: "refused", reason: "archived", userId: found };
    await mapGroups(system, provider, { userId: found, held: person.groups });
    return { kind: "user", userId: found, credentialVersion: user.credential_version };
  });
}

/** Which user signs in there under which provider: null when by none. */
export async function providerOfUser(env: Environment, userId: number): Promise<number | null> {
  const rows = await env.system("see where else a user signs in", (system) =>
    system.of(externalIdentitiesModel).searchRead([["user_id", "=", userId]], ["provider_id"], { limit: 1 }),
  );
  return rows[0]?.provider_id.id ?? null;
}

async function linkedUser(system: Environment, key: string): Promise<number | undefined> {
  const links = system.of(externalIdentitiesModel);
  const [link] = await links.searchRead([["subject_key", "=", key]], ["user_id"], { limit: 1 });
  if (link === undefined) return undefined;
  await links.write([link.id], { last_at: Temporal.Instant.fromEpochMilliseconds(system.clock.now()) });
  return link.user_id.id;
}

async function newlyLinked(
  system: Environment,
  provider: Provider,
  { person, key }: { readonly person: ExternalPerson; readonly key: string },
): Promise<number | NotLetIn> {
  const known = await byVerifiedMail(system, provider, person);
  if (typeof known === "string") return known;
  const made = known ?? (await madeUser(system, provider, person));
  if (typeof made === "string") return made;
  await system.of(externalIdentitiesModel).create([
    {
      user_id: made,
      provider_id: provider.id,
      subject_key: key,
      label: (person.login || person.subject).slice(0, 254),
      last_at: Temporal.Instant.fromEpochMilliseconds(system.clock.now()),
    },
  ]);
  if (known !== undefined) await endPassword(system, known);
  return made;
}

/** Whoever had the password, and perhaps should not have had it, goes out with it: sessions, reset links. */
async function endPassword(system: Environment, userId: number): Promise<void> {
  await system.of(usersModel).write([userId], { password_hash: null });
  await endOtherSessions(system, userId, { endApiKeys: false });
  const detail = "linked to a sign-in provider: no password any more";
  await recordSecurityEvent(system, {
    event: "password_changed",
    outcome: "ok",
    userId,
    method: "provider",
    detail,
  });
}

/** A user who is linked at this provider already is somebody else there: the mail changed hands. */
async function byVerifiedMail(
  system: Environment,
  provider: Provider,
  person: ExternalPerson,
): Promise<number | NotLetIn | undefined> {
  const mail = normalizeLogin(person.verifiedMail);
  if (!provider.link_by_mail || mail === undefined || !mail.includes("@")) return undefined;
  const fits = ["|", ["login", "=", mail], ["email", "=ilike", escapeLike(mail)]] as const;
  const found = await system.of(usersModel).searchRead(fits, ["active"], { limit: 2, activeOnly: false });
  if (found.length > 1) return "mail fits several users";
  const [user] = found;
  if (user === undefined) return undefined;
  if (!user.active) return "archived";
  const there = await system.of(externalIdentitiesModel).count([
    ["user_id", "=", user.id],
    ["provider_id", "=", provider.id],
  ]);
  return there > 0 ? "login is taken" : user.id;
}

async function madeUser(
  system: Environment,
  provider: Provider,
  person: ExternalPerson,
): Promise<number | NotLetIn> {
  const login = normalizeLogin(person.login);
  if (!provider.create_users || login === undefined) return "unknown here";
  const taken = await system.of(usersModel).count([["login", "=", login]], { limit: 1, activeOnly: false });
  if (taken > 0) return "login is taken";
  return createExternalUser(system, provider.default_group_id?.id ?? null, { ...person, login });
}

function subjectKey(provider: Provider, { issuer, subject }: ExternalPerson): string {
  return createHash("sha256")
    .update(JSON.stringify([provider.id, issuer, subject]))
    .digest("hex");
}
