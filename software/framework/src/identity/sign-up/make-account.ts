import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../../access/actor.ts";
import type { Environment } from "../../model/environment.ts";
import type { IdentityParts } from "../identity-parts.ts";
import { deadLink, type OpenedLink, useLink } from "../links.ts";
import { groupsModel, linksModel, usersModel } from "../models.ts";
import { acceptedPassword } from "../password-policy.ts";
import { createExternalUser } from "../providers/create-external-user.ts";
import { type EventOrigin, recordSecurityEvent } from "../security-log.ts";
import { minimumLength, signInPolicy } from "../signin-policy.ts";
import { loginsOf } from "./ask-sign-up.ts";
import { signUpPurpose } from "./sign-up-purpose.ts";

const portalGroup = "base.portal";
const maxNameCharacters = 120;

/** What the holder of a sign-up link fills in. */
export interface NewAccount {
  readonly name: string;
  readonly password: string;
  readonly from: EventOrigin;
}

/**
 * Makes the account of somebody who followed the link that was mailed to them: a portal user, in no other group,
 * with a new contact (one that is there under this address may hold what they are not to read), and the password.
 * All in one transaction with the link's use; other sign-up links of the address die.
 *
 * @throws ExpectedError `invalid` with what is wrong with name or password; `not_found` when the link opens nothing
 * any more: used, sign-up switched off since, or somebody has the address by now.
 */
export async function makeAccount(parts: IdentityParts, link: OpenedLink, given: NewAccount): Promise<void> {
  const env = parts.data.reading(publicActor);
  const policy = await signInPolicy(env);
  if (!policy.sign_up) throw deadLink();
  const name = given.name.replace(/\s+/g, " ").trim();
  if (name === "" || name.length > maxNameCharacters || /\p{C}/u.test(name))
    throw new ExpectedError("invalid", `Write your name, in at most ${maxNameCharacters} characters.`);
  const login = link.recipient;
  const password = acceptedPassword(given.password, {
    minimumLength: await minimumLength(env, 0, policy),
    words: [login, name, parts.tenantName, "holdfast", ...(policy.blocked_words ?? "").split("\n")],
  });
  const hash = await parts.hasher.hash(password, policy.pbkdf2_rounds);
  await parts.data.writing(publicActor, async (writing) => {
    await useLink(writing, link);
    await writing.system("make the account of somebody who signed up", async (system) => {
      if (!(await signInPolicy(system)).sign_up || (await loginsOf(system, login)).length > 0)
        throw deadLink();
      const userId = await portalUser(system, { login, name });
      const now = Temporal.Instant.fromEpochMilliseconds(system.clock.now());
      await system.of(usersModel).write([userId], { password_hash: hash, password_date: now });
      await endOtherLinks(system, login);
      const { from } = given;
      await recordSecurityEvent(system, { event: "signed_up", outcome: "ok", userId, method: "link", from });
    });
  });
}

async function portalUser(
  system: Environment,
  { login, name }: { readonly login: string; readonly name: string },
): Promise<number> {
  const [group] = await system.of(groupsModel).search([["key", "=", portalGroup]], { limit: 1 });
  if (group === undefined) throw deadLink();
  return createExternalUser(system, group, { login, name, verifiedMail: login });
}

async function endOtherLinks(system: Environment, login: string): Promise<void> {
  const others = await system.of(linksModel).search([
    ["purpose", "=", signUpPurpose],
    ["recipient", "=", login],
    ["revoked", "=", false],
    ["uses", "=", 0],
  ]);
  if (others.length > 0) await system.of(linksModel).write(others, { revoked: true });
}
