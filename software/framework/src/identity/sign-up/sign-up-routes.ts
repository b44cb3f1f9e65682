import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../../access/actor.ts";
import { redirectReply } from "../../http/reply.ts";
import type { Reply, Route, RouteRequest } from "../../http/route.ts";
import { deadLink } from "../links.ts";
import { failureNotice } from "../notice.ts";
import { minimumLength, signInPolicy } from "../signin-policy.ts";
import { signUpOffered } from "./sign-up-offered.ts";
import { newAccountPage, signUpPage } from "./sign-up-pages.ts";
import { signUpPath, signUpPurpose } from "./sign-up-purpose.ts";

const path = "/web/signup";
const page = { method: "GET", csrf: "none", body: "none", bodyLimitBytes: 0 } as const;
const form = { method: "POST", csrf: "token", body: "form", bodyLimitBytes: 16_384 } as const;
const byLink = { who: "link", linkPurpose: signUpPurpose, path: signUpPath } as const;

/** A person signs up by themselves, where the sign-in policy allows it; elsewhere these pages do not exist. */
export const signUpRoutes: readonly Route[] = [
  {
    ...page,
    path,
    who: "anyone",
    summary: "Asks for the address of somebody who signs up.",
    handle: showAsk,
  },
  {
    ...form,
    path,
    who: "anyone",
    summary: "Mails a link to sign up, or that there is an account.",
    handle: ask,
  },
  {
    ...page,
    ...byLink,
    summary: "The page on which somebody who signed up sets name and password.",
    handle: (request) => showAccount(request),
  },
  { ...form, ...byLink, summary: "Makes the account by link; the link is then used up.", handle: make },
];

async function showAsk(request: RouteRequest): Promise<Reply> {
  await demandOffered(request);
  return request.actor.kind === "user" ? redirectReply("/web") : signUpPage(request, { sent: false });
}

async function ask(request: RouteRequest): Promise<Reply> {
  await demandOffered(request);
  const email = request.form["email"] ?? "";
  const shown = { sent: false, email: email.isWellFormed() ? email.slice(0, 254) : "" };
  try {
    await request.tenant.identity.requestSignUp(email, request.source);
    return signUpPage(request, { sent: true });
  } catch (error) {
    const notice = failureNotice(error, "too_many", "invalid");
    if (!(error instanceof ExpectedError) || error.code !== "too_many")
      return signUpPage(request, { ...shown, status: 422, notice });
    const reply = signUpPage(request, { ...shown, status: 429, notice });
    return { ...reply, headers: { ...reply.headers, "retry-after": "60" } };
  }
}

async function showAccount(
  request: RouteRequest,
  problem?: Omit<Parameters<typeof newAccountPage>[1], "login" | "minimumLength">,
): Promise<Reply> {
  const env = request.tenant.data.reading(publicActor);
  const policy = await signInPolicy(env);
  if (request.link === null || !signUpOffered(request.tenant, policy)) throw deadLink();
  const least = await minimumLength(env, 0, policy);
  return newAccountPage(request, { login: request.link.recipient, minimumLength: least, ...problem });
}

async function make(request: RouteRequest): Promise<Reply> {
  const { link, form: given } = request;
  if (link === null || request.tenant.neutralized) throw deadLink();
  const name = given["name"]?.slice(0, 256) ?? "";
  const shown = { status: 422, name: name.isWellFormed() ? name : "" };
  if (given["password"] !== given["again"])
    return showAccount(request, {
      ...shown,
      notice: { kind: "danger", text: "The two passwords are not the same." },
    });
  try {
    await request.tenant.identity.makeAccount(link, {
      name,
      password: given["password"] ?? "",
      from: { source: request.source, userAgent: request.headers["user-agent"] ?? "" },
    });
    return redirectReply("/web/login?done=account");
  } catch (error) {
    return showAccount(request, { ...shown, notice: failureNotice(error, "invalid") });
  }
}

async function demandOffered(request: RouteRequest): Promise<void> {
  const policy = await signInPolicy(request.tenant.data.reading(publicActor));
  if (!signUpOffered(request.tenant, policy)) throw new ExpectedError("not_found", "There is no such page.");
}
