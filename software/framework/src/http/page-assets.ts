import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Asset, asset } from "./assets.ts";

const read = (name: string) => readFileSync(new URL(`./assets/${name}`, import.meta.url));

/** Tokens and page styles in one file, named by its content. */
export const pagesStylesheet: Asset = styles(Buffer.concat([read("tokens.css"), read("pages.css")]));

/** What the server's own pages need. */
export const pageAssets: readonly Asset[] = [
  pagesStylesheet,
  asset("/assets/holdfast.svg", read("holdfast.svg"), false),
];

function styles(content: Buffer): Asset {
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 12);
  return asset(`/assets/pages-${digest}.css`, content, true);
}
