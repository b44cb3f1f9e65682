import type { Reply } from "./route.ts";

/** The one answer for every host that is not ours, never was, or no longer is: the same bytes for all. */
export const unknownHost: Reply = {
  status: 404,
  headers: { "content-type": "text/plain; charset=utf-8", "content-security-policy": "default-src 'none'" },
  body: "Not found\n",
};
