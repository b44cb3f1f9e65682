import { z } from "zod";

/** How apps declare the arguments of their remote methods: `input.strictObject({ reason: input.string().max(200) })`. */
export const input: typeof z = z;

/** For methods that take no arguments; any argument is refused. */
export const noInput = z.strictObject({});
