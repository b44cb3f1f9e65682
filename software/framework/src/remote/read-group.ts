import type { StandardCall } from "./standard-methods.ts";

/** Placeholder replaced below. */
export async function readGroup(_call: StandardCall, _input: unknown): Promise<unknown> {
  throw new Error("not yet");
}
/** Placeholder replaced below. */
export async function formattedReadGroup(_call: StandardCall, _input: unknown): Promise<unknown> {
  throw new Error("not yet");
}
