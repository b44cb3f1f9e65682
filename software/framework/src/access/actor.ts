import type { AddedPolicy } from "./added-policy.ts";
import type { KeyScope } from "./key-scope.ts";

/** A group's stable key, `<app>.<group>`, as apps declare it: `sales.manager`. */
export type GroupKey = string;

/**
 * Who asks. Always an argument, never ambient. `groups` is closed under implication. Record rules may
 * read the scalar fields below as `actor.user_id`, `actor.partner_id`, `actor.company_ids`,
 * `actor.record_id`; nothing else of an actor reaches an expression.
 */
export interface Actor {
  readonly kind: "user" | "public" | "link" | "system";
  readonly groups: ReadonlySet<GroupKey>;
  /** `res.users` id; null for the public and for links. */
  readonly userId: number | null;
  readonly partnerId: number | null;
  readonly companyIds: readonly number[];
  /** The one record that a signed link opens; null for others. */
  readonly recordId: number | null;
  /** Aborted when the right by which they act has ended: no statement is sent from then on (identity/standing.ts). */
  readonly standing?: AbortSignal;
  /** When they last gave their password or a second factor, in this session; absent: never, or with a key. */
  readonly confirmedAtMs?: number;
  /** Acts by an API key, whose scopes say how far it reaches; nobody is there who could confirm anything. */
  readonly byKey?: true;
  /** Why a system actor exists; empty for others. */
  readonly reason: string;
  /** IETF tag and IANA zone of the person, for what is shown. */
  readonly language: string;
  readonly timeZone: string;
  /** What an administrator added in this database, as it was when this request began; absent: nothing. */
  readonly added?: AddedPolicy;
  /** Set for callers with an API key that reaches less far than its user. */
  readonly scope?: KeyScope;
}

/** A visitor who is not signed in. Holds the one group `base.public`. */
export const publicActor: Actor = {
  kind: "public",
  groups: new Set(["base.public"]),
  userId: null,
  partnerId: null,
  companyIds: [],
  recordId: null,
  reason: "",
  language: "en",
  timeZone: "UTC",
};

/** The holder of a signed link: a role of its own, `link.<purpose>`, bound to one record. */
export function linkActor(purpose: string, recordId: number): Actor {
  return { ...publicActor, kind: "link", groups: new Set([`link.${purpose}`]), recordId };
}
