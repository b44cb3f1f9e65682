import type { Tenant } from "../../http/route.ts";
import type { SignInPolicy } from "../signin-policy.ts";

/** Whether visitors may sign up by themselves. Never in a copy: its mails go nowhere. */
export function signUpOffered(
  tenant: Pick<Tenant, "neutralized">,
  policy: Pick<SignInPolicy, "sign_up">,
): boolean {
  return policy.sign_up && !tenant.neutralized;
}
