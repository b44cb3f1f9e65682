import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";

/** A change of one place in the sources, as text. */
export interface Patch {
  /** Path below the repository. */
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface SourceCopy {
  readonly root: string;
  /** Changes the copy. @throws ExpectedError `conflict` when a place is not found exactly once. */
  apply(patches: readonly Patch[]): void;
  /** Takes every change back. */
  restore(): void;
  remove(): void;
}

const groups = ["software", "apps", "platform"] as const;
/** What control's code imports; not a workspace of a group. */
const single = "claims";
/** What stands beside the running code: rules, gates and tests. */
const gates = ["tools", "tests", "bench", "bin", ".ci", "LICENSE", "SECURITY.md", "CONTRIBUTING.md"];
const copied = [...groups, single, ...gates, "package.json", "tsconfig.json"];
/** Begins the names of the folders that saboteurs weaken. */
export const scratchPrefix = "holdfast-scratch-code-";

/**
 * Copies the sources of this very installation, so that a saboteur can weaken them without touching what
 * customers use. Packages are linked; ours among them lead into the copy.
 *
 * @param codeRoot - the repository or its readable copy.
 * @param prefix - begins the name of the copy's folder.
 */
export function copySources(codeRoot: string, prefix = scratchPrefix): SourceCopy {
  const root = mkdtempSync(join(tmpdir(), prefix));
  for (const part of copied)
    cpSync(join(codeRoot, part), join(root, part), {
      recursive: true,
      filter: (path) => !/[\\/]node_modules$/.test(path),
    });
  linkPackages(codeRoot, root);
  // The servers run as the installation's own user, who is not always us.
  execFileSync("chmod", ["-R", "u=rwX,go=rX", root]);
  const originals = new Map<string, string>();
  return {
    root,
    apply: (patches) => {
      for (const patch of patches) applyPatch(root, patch, originals);
    },
    restore: () => {
      for (const [path, text] of originals) writeFileSync(path, text);
      originals.clear();
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** A copy with changes that stay. @throws ExpectedError `conflict` when a place is not found exactly once. */
export function weakenedSources(codeRoot: string, patches: readonly Patch[]): SourceCopy {
  const copy = copySources(codeRoot);
  try {
    copy.apply(patches);
    return copy;
  } catch (error) {
    copy.remove();
    throw error;
  }
}

/** Removes copies that a killed run left. */
export function sweepSourceCopies(prefix = scratchPrefix): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix)))
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
}

function applyPatch(root: string, { file, find, replace }: Patch, originals: Map<string, string>): void {
  const path = join(root, file);
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const places = text.split(find).length - 1;
  if (places !== 1)
    throw new ExpectedError(
      "conflict",
      `the saboteur cannot change ${file}: "${find}" stands there ${places} times, wanted once`,
      {
        hint: "the code has moved on: give the saboteur its new place",
      },
    );
  if (!originals.has(path)) originals.set(path, text);
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
}

/** Our own packages are links of npm, relative to its folder: the same link in the copy leads into the copy. */
function linkPackages(codeRoot: string, root: string): void {
  const from = join(codeRoot, "node_modules");
  const to = join(root, "node_modules");
  mkdirSync(join(to, "@holdfast"), { recursive: true });
  for (const name of readdirSync(from).filter((entry) => entry !== "@holdfast" && !entry.startsWith(".")))
    symlinkSync(join(from, name), join(to, name));
  for (const name of ownPackages(root)) symlinkSync(name.folder, join(to, "@holdfast", name.name));
}

function ownPackages(root: string): { readonly name: string; readonly folder: string }[] {
  const folders = groups.flatMap((group) =>
    readdirSync(join(root, group)).map((folder) => join(root, group, folder)),
  );
  return [...folders, join(root, single)].map((folder) => {
    const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      readonly name: string;
    };
    return { name: name.replace("@holdfast/", ""), folder };
  });
}
