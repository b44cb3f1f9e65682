import { getPriority, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { hashPassword, verifyPassword } from "./password-hash.ts";

/** What the hashing thread is asked; see hasher.ts. */
export type HashOrder =
  | { readonly id: number; readonly kind: "hash"; readonly password: string; readonly rounds: number }
  | {
      readonly id: number;
      readonly kind: "verify";
      readonly password: string;
      readonly stored: string | null;
      readonly rounds: number;
    };

export interface HashAnswer {
  readonly id: number;
  readonly result: string | boolean;
}

/** Of this thread alone, as Linux counts it: whoever else answers goes first. Sign-ins use what is left. */
const niceness = 5;
// A server that was started nicer than that may not become less so: nobody could sign in.
if (getPriority() < niceness) setPriority(niceness);

parentPort?.on("message", (order: HashOrder) => {
  const result =
    order.kind === "hash"
      ? hashPassword(order.password, order.rounds)
      : verifyPassword(order.password, order.stored, order.rounds);
  parentPort?.postMessage({ id: order.id, result } satisfies HashAnswer);
});
