import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ExpectedError } from "@holdfast/kernel/errors";
import { codeRoot } from "./place.ts";

const clientFolder = join(codeRoot, "software/web-client");
const outputFolder = join(clientFolder, "dist");
const stampFile = join(outputFolder, ".sources");
const run = promisify(execFile);

/** @returns whether the browser's half has to be built: its sources, or what they import, changed. */
export function webClientIsStale(): boolean {
  if (!existsSync(join(clientFolder, "vite.config.ts"))) return false;
  return !existsSync(stampFile) || readFileSync(stampFile, "utf8") !== sourcesStamp();
}

/** Builds the browser's half. @throws ExpectedError with the builder's last lines. */
export async function buildWebClient(): Promise<void> {
  const stamp = sourcesStamp();
  const vite = join(codeRoot, "node_modules/vite/bin/vite.js");
  try {
    await run(process.execPath, [vite, "build", "--logLevel", "warn"], {
      cwd: clientFolder,
      maxBuffer: 16_777_216,
    });
  } catch (cause) {
    const said =
      (cause as { stderr?: string }).stderr?.trim().split("\n").slice(-8).join("\n") ?? String(cause);
    throw new ExpectedError("unavailable", `the web client cannot be built:\n${said}`, {
      hint: `${outputFolder} must be writable; \`git status\` shows changed sources`,
      cause,
    });
  }
  writeFileSync(stampFile, stamp);
}

function sourcesStamp(): string {
  const hash = createHash("sha256").update(readFileSync(join(codeRoot, "package-lock.json")));
  for (const path of readdirSync(clientFolder, { recursive: true, encoding: "utf8" }).sort()) {
    if (/^(dist|node_modules)(\/|$)|\.test\.tsx?$/.test(path)) continue;
    const content = read(join(clientFolder, path));
    if (content) hash.update(`${path}\0`).update(content);
  }
  return hash.digest("hex");
}

/** @returns the content, or undefined for a folder. */
function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
