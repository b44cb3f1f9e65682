import type { Clock } from "@holdfast/kernel/clock";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import type { DataSource } from "../model/environment.ts";
import type { Turn } from "./few-at-once.ts";
import type { PasswordHasher } from "./hasher.ts";
import type { Reach } from "./providers/provider.ts";
import type { VerifiedPasswords } from "./verified-passwords.ts";

/** What identity works with; one set per tenant, the hasher shared by all of a process. */
export interface IdentityParts {
  readonly data: DataSource;
  /** The tenant's public name: no password may consist of it. */
  readonly tenantName: string;
  /** Derives a key of the tenant for one purpose. */
  key(purpose: string): Uint8Array;
  /** Which directories may be asked from here. */
  readonly reach: Reach;
  readonly hasher: PasswordHasher;
  readonly verified: VerifiedPasswords;
  /** Lets a try wait that a soft count holds up (throttle.ts). @throws ExpectedError `too_many` when too many wait. */
  holdUp(milliseconds: number): Promise<void>;
  /** Strangers' questions to the database while they sign in: one after the other. Nothing inside waits for it again. */
  readonly inTurn: Turn;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
