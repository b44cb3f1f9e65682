import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../../access/actor.ts";
import type { Environment } from "../../model/environment.ts";
import type { IdentityParts } from "../identity-parts.ts";
import { externalUser } from "../providers/external-user.ts";
import { externalIdentitiesModel } from "../providers/models.ts";
import { activeProviders, type Provider, reachedFrom, secretOf } from "../providers/provider.ts";
import type { FirstFactor } from "../sign-in.ts";
import { directoryPerson } from "./directory-person.ts";

/** A login and password that a directory may know. */
export interface DirectoryLogin {
  /** As typed; of somebody who is signed in: empty. */
  readonly login: string;
  readonly password: string;
  /** The active user of that login, if there is one. */
  readonly user: { readonly id: number; readonly hasPassword: boolean } | undefined;
}

/**
 * Checks a password in the directories of this database, if there are any. Meant to run beside the hashing of the
 * password, which takes longer, so that the time of an answer tells nothing of who is in a directory.
 *
 * A user with a local password is never looked up there, nor is that password sent there; one who belongs to a
 * directory is looked up in that one alone.
 *
 * @returns null when no directory knows them, or none answers: the person is told the same (claim OWASP-6).
 */
export async function directoryFactor(
  parts: IdentityParts,
  { login, password, user }: DirectoryLogin,
): Promise<FirstFactor | null> {
  const env = parts.data.reading(publicActor);
  const directories = (await activeProviders(env)).filter(({ kind }) => kind === "ldap");
  if (directories.length === 0 || password === "" || user?.hasPassword === true) return null;
  const link = user === undefined ? undefined : await linkOf(env, user.id);
  for (const directory of directories) {
    if (link !== undefined && link.providerId !== directory.id) continue;
    const found = await known(parts, directory, { login: link?.login ?? login, password });
    if (found !== null) return user === undefined || found.userId === user.id ? found : null;
  }
  return null;
}

async function known(
  parts: IdentityParts,
  directory: Provider,
  { login, password }: { readonly login: string; readonly password: string },
): Promise<FirstFactor | null> {
  const where = { tenant: parts.tenantName, provider: directory.id };
  try {
    const bindPassword = secretOf(parts.key("factors.v1"), directory);
    const person = await directoryPerson(reachedFrom(parts.reach, directory), {
      login,
      password,
      bindPassword,
    });
    if (person === null) return null;
    const found = await parts.data.writing(publicActor, (env) => externalUser(env, directory, person));
    if (found.kind === "refused") {
      parts.log("info", "a person of a directory was not let in", { ...where, reason: found.reason });
      return null;
    }
    const { userId, credentialVersion } = found;
    return { userId, credentialVersion, method: `ldap:${directory.id}` };
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    parts.log("warn", "a directory could not be asked", { ...where, error });
    return null;
  }
}

async function linkOf(
  env: Environment,
  userId: number,
): Promise<{ readonly providerId: number; readonly login: string } | undefined> {
  const [link] = await env.system("see in which directory a user is", (system) =>
    system
      .of(externalIdentitiesModel)
      .searchRead([["user_id", "=", userId]], ["provider_id", "label"], { limit: 1 }),
  );
  return link === undefined ? undefined : { providerId: link.provider_id.id, login: link.label };
}
