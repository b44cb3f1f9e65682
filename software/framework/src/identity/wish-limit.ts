import { countedSource } from "../http/source-address.ts";
import type { IdentityParts } from "./identity-parts.ts";
import { takeTry } from "./throttle.ts";

/** A mail that strangers may ask for, and how often an hour. */
export interface Wish {
  /** In words, and the name of its counts: `reset`, `sign-up`. */
  readonly of: string;
  readonly account: string;
  readonly source: string;
}

const mostPerAccountAndSource = 3;
const mostPerAccount = 10;
const mostPerSource = 20;
const windowMinutes = 60;

/** Counts a stranger's wish for a mail, alike for every name. @throws ExpectedError `too_many`. Claim PWD-4. */
export async function countWish(parts: IdentityParts, { of, account, source }: Wish): Promise<void> {
  const where = countedSource(source);
  const counted = [
    {
      subject: `${of} of ${account} from ${where}`,
      shown: `${of}s of one login from ${where}`,
      most: mostPerAccountAndSource,
    },
    { subject: `${of} of ${account}`, shown: `${of}s of one login`, most: mostPerAccount },
    { subject: `${of}s from ${where}`, shown: `${of}s from ${where}`, most: mostPerSource },
  ];
  const attempt = Buffer.from(parts.random.bytes(16)).toString("hex");
  const times = { windowMinutes, cooldownMinutes: windowMinutes };
  await takeTry(parts.data, counted, { attempt, key: parts.key("throttle"), ...times });
}
