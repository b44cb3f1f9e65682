import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";

const halves = ["software", "apps"];

/** A checkout in a temporary folder, gone when it is disposed of. */
export interface Checkout extends Disposable {
  readonly root: string;
}

/**
 * Copies the software and the apps, without platform, claims and tests, so that whatever reaches for
 * those fails here. Packages of others are linked, ours are the copies.
 */
export function softwareAlone(root: string): Checkout {
  const copy = mkdtempSync(join(tmpdir(), "holdfast-alone-"));
  for (const half of halves) {
    if (!existsSync(join(root, half))) continue;
    cpSync(join(root, half), join(copy, half), {
      recursive: true,
      filter: (path) => basename(path) !== "node_modules",
    });
  }
  for (const file of ["package.json", "tsconfig.json", "docs/routes.txt", "docs/stand-alone.md"])
    if (existsSync(join(root, file))) cpSync(join(root, file), join(copy, file), { recursive: true });
  linkPackages(root, copy);
  for (const nested of globSync("{software,apps}/*/node_modules", { cwd: root })) {
    if (existsSync(join(copy, dirname(nested)))) symlinkSync(join(root, nested), join(copy, nested));
  }
  return { root: copy, [Symbol.dispose]: () => rmSync(copy, { recursive: true, force: true }) };
}

function linkPackages(root: string, copy: string): void {
  const from = join(root, "node_modules");
  const to = join(copy, "node_modules");
  mkdirSync(join(to, "@holdfast"), { recursive: true });
  for (const name of readdirSync(from)) {
    if (name !== "@holdfast") symlinkSync(join(from, name), join(to, name));
  }
  for (const name of readdirSync(join(from, "@holdfast"))) {
    const target = resolve(from, "@holdfast", readlinkSync(join(from, "@holdfast", name)));
    const own = join(copy, relative(root, target));
    if (existsSync(own)) symlinkSync(own, join(to, "@holdfast", name));
  }
}
