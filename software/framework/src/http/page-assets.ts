import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Asset, asset } from "./assets.ts";

const read = (name: string) => readFileSync(new URL(`./assets/${name}`, import.meta.url));

/** Tokens and page styles in one file, named by its content. */
export const pagesStylesheet: Asset = named(
  "pages",
  ".css",
  Buffer.concat([read("tokens.css"), read("pages.css")]),
);

/** Lets forms be answered by a passkey; no page needs a script. */
export const passkeyScript: Asset = named("passkey", ".js", read("passkey.js"));

/** Says how good a new password is while it is typed. */
export const passwordScript: Asset = named("password-strength", ".js", read("password-strength.js"));

/** Sends the file of a form as a body, shows how far it is, and lets it be cancelled. */
export const uploadScript: Asset = named("upload", ".js", read("upload.js"));

/** What the server's own pages need. */
export const pageAssets: readonly Asset[] = [
  pagesStylesheet,
  passkeyScript,
  passwordScript,
  uploadScript,
  asset("/assets/holdfast.svg", read("holdfast.svg"), false),
];

function named(name: string, ending: string, content: Buffer): Asset {
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 12);
  return asset(`/assets/${name}-${digest}${ending}`, content, true);
}
