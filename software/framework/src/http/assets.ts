import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Reply } from "./route.ts";

/** One file of a fixed set, in memory, by its exact path. Nothing else of any folder is ever served. */
export interface Asset {
  readonly path: string;
  readonly type: string;
  readonly content: Buffer;
  readonly etag: string;
  /** Named by its content: may be kept for a year. */
  readonly immutable: boolean;
}

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
};
const compressible = /^(?:text\/|image\/svg|application\/(?:json|manifest))/;
const maxAssets = 1_000;
const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);
const packed = new WeakMap<Asset, Map<string, Promise<Buffer>>>();

/** @throws TypeError on a kind of file that is not to be served. */
export function asset(path: string, content: Buffer, immutable: boolean): Asset {
  const type = types[extname(path)];
  if (type === undefined) throw new TypeError(`"${path}" is no kind of file that is served`);
  return {
    path,
    type,
    content,
    immutable,
    etag: `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`,
  };
}

/** Reads a folder of built files into memory; names with a digest in them (`x-Ab12cd34.js`) are immutable. */
export function assetsOf(folder: string, prefix: string): Asset[] {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) =>
    entry.isFile(),
  );
  if (files.length > maxAssets) throw new TypeError(`"${folder}" has more than ${maxAssets} files`);
  return files
    .filter((file) => extname(file.name) in types)
    .map((file) => {
      const full = join(file.parentPath, file.name);
      const path = prefix + full.slice(folder.length);
      return asset(path, readFileSync(full), /-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/.test(file.name));
    });
}

/** Answers for an asset: not modified, compressed as the browser takes it, kept as long as its name allows. */
export async function assetReply(
  found: Asset,
  headers: Readonly<Record<string, string | undefined>>,
): Promise<Reply> {
  const common = {
    etag: found.etag,
    vary: "accept-encoding",
    "cache-control": found.immutable ? "public, max-age=31536000, immutable" : "public, max-age=3600",
  };
  if (headers["if-none-match"] === found.etag) return { status: 304, headers: common };
  const encoding = compressible.test(found.type)
    ? chosenEncoding(headers["accept-encoding"] ?? "")
    : undefined;
  const body = encoding === undefined ? found.content : await compressed(found, encoding);
  const encoded = encoding === undefined ? {} : { "content-encoding": encoding };
  return { status: 200, headers: { ...common, ...encoded, "content-type": found.type }, body };
}

function chosenEncoding(accepted: string): "br" | "gzip" | undefined {
  if (/\bbr\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(accepted)) return "br";
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(accepted) ? "gzip" : undefined;
}

function compressed(found: Asset, encoding: "br" | "gzip"): Promise<Buffer> {
  let kept = packed.get(found);
  if (kept === undefined) packed.set(found, (kept = new Map()));
  let body = kept.get(encoding);
  if (body === undefined) {
    const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
    kept.set(encoding, (body = encoding === "br" ? brotli(found.content, options) : gzipped(found.content)));
  }
  return body;
}
