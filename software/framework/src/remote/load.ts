import type { StandardCall } from "./standard-methods.ts";

/** Placeholder replaced below. */
export async function loadRows(_call: StandardCall, _input: unknown): Promise<unknown> {
  throw new Error("not yet");
}
