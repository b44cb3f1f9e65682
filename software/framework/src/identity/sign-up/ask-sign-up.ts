import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../../access/actor.ts";
import { html } from "../../http/html-tag.ts";
import { mailAddress, queueMail } from "../../mail/queue.ts";
import type { Environment } from "../../model/environment.ts";
import { escapeLike } from "../../model/escape-like.ts";
import type { IdentityParts } from "../identity-parts.ts";
import { createLink } from "../links.ts";
import { normalizeLogin } from "../login-name.ts";
import { usersModel } from "../models.ts";
import { policyModel } from "../policy-model.ts";
import { recordSecurityEvent } from "../security-log.ts";
import { countWish } from "../wish-limit.ts";
import { askedFrom, makeRoom } from "./make-room.ts";
import { signUpPath, signUpPurpose } from "./sign-up-purpose.ts";

/** How long the mailed link works. */
export const signUpMinutes = 24 * 60;
const maxNamed = 5;

/**
 * Counts the wish and returns; whether the address is known is looked up afterwards, so that the answer's time tells
 * nothing. Nothing is stored of an address but its link: the account is made when the link is used.
 *
 * @returns the work still going on, to be awaited at shutdown; it never fails.
 * @throws ExpectedError `invalid` for what is no mail address, `too_many`.
 */
export async function requestSignUp(
  parts: IdentityParts,
  email: string,
  source: string,
): Promise<{ readonly rest: Promise<void> }> {
  const address = signUpAddress(email);
  await countWish(parts, { of: "sign-up", account: address, source });
  return { rest: mailSignUp(parts, address, source) };
}

/** The login that an address gives. @throws ExpectedError `invalid`, whoever has it. */
function signUpAddress(email: string): string {
  const folded = normalizeLogin(email);
  if (folded === undefined)
    throw new ExpectedError("invalid", "This is not a mail address.", {
      hint: "Write one address like name@example.com.",
    });
  return mailAddress(folded);
}

async function mailSignUp(parts: IdentityParts, address: string, source: string): Promise<void> {
  try {
    await parts.data.writing(publicActor, (env) =>
      env.system("mail somebody who wants to sign up", async (system) => {
        const known = await loginsOf(system, address);
        if (known.length > 0) return mailKnown(system, address, { logins: known, of: parts.tenantName });
        const share = askedFrom(parts, source);
        if ((await makeRoom(system, share)) > 0) {
          const detail =
            "too many sign-ups wait to be finished: the oldest of the network with most was ended";
          const from = { source, userAgent: "" };
          await recordSecurityEvent(system, {
            event: "signed_up",
            outcome: "blocked",
            userId: null,
            from,
            detail,
          });
        }
        await mailLink(system, address, { of: parts.tenantName, askedFrom: share });
      }),
    );
  } catch (error) {
    parts.log("error", "a sign-up mail could not be written", { error });
  }
}

/** Logins of those who have this address, archived ones too. */
export async function loginsOf(system: Environment, address: string): Promise<readonly string[]> {
  const rows = await system
    .of(usersModel)
    .searchRead(["|", ["login", "=", address], ["email", "=ilike", escapeLike(address)]], ["login"], {
      limit: maxNamed,
      activeOnly: false,
    });
  return rows.map(({ login }) => login);
}

async function mailLink(
  system: Environment,
  address: string,
  { of, askedFrom: share }: { readonly of: string; readonly askedFrom: string },
): Promise<void> {
  const [policy] = await system.of(policyModel).search([], { limit: 1 });
  if (policy === undefined) return;
  const link = await createLink(system, {
    purpose: signUpPurpose,
    model: policyModel.name,
    recordId: policy,
    recipient: address,
    lifeMinutes: signUpMinutes,
    maxUses: 1,
    askedFrom: share,
    path: signUpPath,
  });
  await queueMail(system, {
    to: address,
    subject: `Your account at ${of}`,
    html: html`<p>Hello,</p>
<p>someone, probably you, asked for an account at ${of} under this address.</p>
<p><a href="${link}">Choose a password</a></p>
<p>The link works once, for a day. If that was not you, do nothing: there is no account until a password is set.</p>`,
    text: `Hello,\n\nsomeone, probably you, asked for an account at ${of} under this address. Choose its password here, once, within a day:\n\n${link}\n\nIf that was not you, do nothing: there is no account until a password is set.\n`,
  });
}

async function mailKnown(
  system: Environment,
  address: string,
  { logins, of }: { readonly logins: readonly string[]; readonly of: string },
): Promise<void> {
  const named = logins.join(", ");
  await queueMail(system, {
    to: address,
    subject: `Your account at ${of}`,
    html: html`<p>Hello,</p>
<p>someone, probably you, asked for an account at ${of} under this address. There is one already: ${named}.</p>
<p>Sign in with it. Should the password be forgotten, choose “Forgot your password?” there; should that bring no mail, the account is switched off: ask ${of}.</p>
<p>If that was not you, do nothing.</p>`,
    text: `Hello,\n\nsomeone, probably you, asked for an account at ${of} under this address. There is one already: ${named}.\n\nSign in with it. Should the password be forgotten, choose "Forgot your password?" there; should that bring no mail, the account is switched off: ask ${of}.\n\nIf that was not you, do nothing.\n`,
  });
}
