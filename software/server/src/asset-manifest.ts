import { existsSync } from "node:fs";
import { type Asset, assetsOf } from "@holdfast/framework/http/assets";
import { pageAssets } from "@holdfast/framework/http/page-assets";

/** Folder of the built browser half; absent where only the API is wanted. */
const built = new URL("../../web-client/dist/assets", import.meta.url).pathname;

/** Every file that is ever served, by exact path. */
export function assetManifest(): ReadonlyMap<string, Asset> {
  const client = existsSync(built) ? assetsOf(built, "/assets") : [];
  return new Map([...pageAssets, ...client].map((asset) => [asset.path, asset]));
}
