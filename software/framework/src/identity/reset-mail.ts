import { publicActor } from "../access/actor.ts";
import { html } from "../http/html-tag.ts";
import { type NewMail, queueMail, queueMails } from "../mail/queue.ts";
import type { DomainOf, Environment } from "../model/environment.ts";
import type { Row } from "../model/model.ts";
import type { IdentityParts } from "./identity-parts.ts";
import { createLinks } from "./links.ts";
import { normalizeLogin } from "./login-name.ts";
import { usersModel } from "./models.ts";
import { resetPath, resetPurpose } from "./reset-purpose.ts";
import { signInPolicy } from "./signin-policy.ts";
import { countWish } from "./wish-limit.ts";

const invitationMinutes = 3 * 24 * 60;

type Recipient = Row<typeof usersModel, "name" | "login" | "email">;

/**
 * Counts the wish and returns; the mail is written afterwards, so that the answer's time tells nothing of
 * whether the login exists.
 *
 * @returns the work still going on, to be awaited at shutdown; it never fails.
 * @throws ExpectedError `too_many`.
 */
export async function requestReset(
  parts: IdentityParts,
  login: string,
  source: string,
): Promise<{ readonly rest: Promise<void> }> {
  const account = normalizeLogin(login) ?? "";
  await countWish(parts, { of: "reset", account, source });
  return { rest: mailReset(parts, account) };
}

/** Mails an invitation. @throws ExpectedError `invalid` when the user has no mail address. */
export async function invite(parts: IdentityParts, userId: number): Promise<void> {
  await parts.data.writing(publicActor, (env) => mailPasswordLinks(env, [userId]));
}

/**
 * Mails links by which users choose a password, in the caller's transaction; the caller has asked whether that may be. A
 * user who is archived gets none. As many statements for many as for one.
 *
 * @throws ExpectedError `invalid` when a user has no mail address.
 */
export async function mailPasswordLinks(env: Environment, userIds: readonly number[]): Promise<void> {
  await env.system("mail a user a link to choose a password", async (system) => {
    const users = await recipients(system, [["id", "in", userIds]]);
    const links = await newLinks(system, users, invitationMinutes);
    await queueMails(
      system,
      users.map((user, at) => invitation(user, links[at] ?? "")),
    );
  });
}

function invitation(user: Recipient, link: string): NewMail {
  return {
    to: addressOf(user),
    subject: "Choose your password",
    html: letter(
      user,
      link,
      "You have an account here. Choose its password by this link.",
      "Choose a password",
    ),
    text: `Hello ${user.name},\n\nyou have an account here. Choose its password:\n\n${link}\n\nYour login: ${user.login}\n`,
    about: { model: "res.users", id: user.id },
  };
}

async function mailReset(parts: IdentityParts, account: string): Promise<void> {
  try {
    await parts.data.writing(publicActor, (env) =>
      env.system("mail a reset link", async (system) => {
        const [user] = account === "" ? [] : await recipients(system, [["login", "=", account]]);
        if (user === undefined) return;
        const [link = ""] = await newLinks(system, [user], (await signInPolicy(system)).reset_minutes);
        await queueMail(system, {
          to: addressOf(user),
          subject: "Set a new password",
          html: letter(user, link, "Someone, probably you, asked for a new password.", "Set a new password"),
          text: `Hello ${user.name},\n\nsomeone, probably you, asked for a new password. Set one here, once:\n\n${link}\n\nIf that was not you, do nothing: your password stays.\n`,
          about: { model: "res.users", id: user.id },
        });
      }),
    );
  } catch (error) {
    parts.log("error", "a reset mail could not be written", { error });
  }
}

function recipients(system: Environment, domain: DomainOf<typeof usersModel>): Promise<Recipient[]> {
  return system
    .of(usersModel)
    .searchRead([...domain, ["active", "=", true]], ["name", "login", "email"], { order: "id" });
}

function newLinks(system: Environment, users: readonly Recipient[], lifeMinutes: number): Promise<string[]> {
  return createLinks(
    system,
    users.map((user) => ({
      purpose: resetPurpose,
      model: "res.users",
      recordId: user.id,
      recipient: addressOf(user),
      lifeMinutes,
      maxUses: 1,
      path: resetPath,
    })),
  );
}

function addressOf(user: Recipient): string {
  return user.email ?? user.login;
}

function letter(user: Recipient, link: string, why: string, button: string) {
  return html`<p>Hello ${user.name},</p>
<p>${why}</p>
<p><a href="${link}">${button}</a></p>
<p>Your login: ${user.login}. The link works once. If you did not expect this, do nothing.</p>`;
}
