import { publicActor } from "../../access/actor.ts";
import { jsonReply, localPath, redirectReply } from "../../http/reply.ts";
import type { Reply, Route, RouteRequest } from "../../http/route.ts";
import { countedSource } from "../../http/source-address.ts";
import { failureNotice } from "../notice.ts";
import { recordSignIn } from "../security-log.ts";
import { signInPage } from "../sign-in-page.ts";
import { signInPolicy } from "../signin-policy.ts";
import { giveBack, takeTry } from "../throttle.ts";
import { assertionOptions, userOfAssertion } from "./assertion.ts";

const bodyLimitBytes = 32_768;

/** Sign-in by a passkey alone: what you have and what you are, in one touch, bound to this host. */
export const passkeyRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/web/login/passkey/options",
    who: "anyone",
    csrf: "origin",
    body: "json",
    bodyLimitBytes: 1_024,
    summary: "What a browser is to ask of a passkey that signs in alone.",
    handle: options,
  },
  {
    method: "POST",
    path: "/web/login/passkey",
    who: "anyone",
    csrf: "token",
    body: "form",
    bodyLimitBytes,
    summary: "Signs in by a passkey alone.",
    handle: signIn,
  },
];

async function options(request: RouteRequest): Promise<Reply> {
  const env = request.tenant.data.reading(publicActor);
  const asked = { use: { kind: "alone" }, binding: request.csrfToken() } as const;
  return jsonReply(await assertionOptions(request.tenant, env, asked));
}

async function signIn(request: RouteRequest): Promise<Reply> {
  const next = localPath(request.form["next"], "/web");
  const from = { source: request.source, userAgent: request.headers["user-agent"] ?? "" };
  try {
    const first = await checked(request);
    if (first === null) return await refused(request, next);
    const outcome = await request.tenant.identity.proceed(first, {
      ...from,
      replaces: request.sessionKey,
      next,
    });
    if (outcome.kind === "refused") return await refused(request, next);
    return outcome.kind === "factor"
      ? redirectReply("/web/login/factor", outcome.cookies)
      : redirectReply(next, outcome.session.cookies);
  } catch (error) {
    const notice = failureNotice(error, "too_many");
    return await signInPage(request, { next, status: 429, notice });
  }
}

/** Nobody guesses a signature; the count keeps a flood of forged ones from costing more than a flood of passwords. */
async function checked(request: RouteRequest) {
  const { tenant, source } = request;
  const policy = await signInPolicy(tenant.data.reading(publicActor));
  const all = `all from ${countedSource(source)}`;
  const shared = [{ subject: all, shown: all, most: policy.max_source_failures }];
  const answer = request.form["answer"] ?? "";
  const tried = { attempt: answer.slice(0, 4_000), key: tenant.key("throttle") };
  const times = { windowMinutes: policy.window_minutes, cooldownMinutes: policy.cooldown_minutes };
  await takeTry(tenant.data, shared, { ...tried, ...times });
  const given = { answer, use: { kind: "alone" }, binding: request.csrfToken() } as const;
  const found = await userOfAssertion(tenant, given);
  if (found !== null) await giveBack(tenant.data, { own: [], shared }, tried);
  return found === null ? null : { ...found, method: "passkey" };
}

async function refused(request: RouteRequest, next: string): Promise<Reply> {
  const from = { source: request.source, userAgent: request.headers["user-agent"] ?? "" };
  await request.tenant.data.writing(publicActor, (env) =>
    recordSignIn(env, { outcome: "refused", userId: null, method: "passkey", from }),
  );
  const text = "This passkey does not open anything here.";
  const hint = "Sign in with your password, or ask your administrator.";
  return signInPage(request, { next, status: 401, notice: { kind: "danger", text, hint } });
}
