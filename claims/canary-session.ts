import { cookieNames } from "@holdfast/framework/http/cookies";
import type { OpenedTenant, ProbeContext } from "@holdfast/trust/claim";
import { administratorOf, withIdentity } from "./canary-caller.ts";

/** A browser that is signed in to a database made for probes. */
export interface CanarySession {
  readonly userId: number;
  /** Content of its cookie. */
  readonly id: string;
  /** The header `cookie` as its browser sends it. */
  readonly cookie: string;
}

/** Lends a session for the block alone. @param claim - for whom; goes into the log. */
export function withCanarySession<T>(
  context: ProbeContext,
  { tenant, claim }: { readonly tenant: OpenedTenant; readonly claim: string },
  block: (session: CanarySession) => Promise<T>,
): Promise<T> {
  return withIdentity(context, tenant, async (identity) => {
    const userId = await administratorOf(tenant.data, claim);
    const { id, sessionKey } = await identity.openSession(userId, {
      source: "127.0.0.1",
      userAgent: "probe",
    });
    try {
      return await block({ userId, id, cookie: `${cookieNames.session}=${id}` });
    } finally {
      await identity.endSession(sessionKey);
    }
  });
}
