/**
 * Completes package-lock.json with the builds for other machines that npm left out because the registry
 * in use does not carry them. Without their entries `npm ci` refuses the lockfile on every machine; with
 * them it skips them by `os` and `cpu`, as in any healthy lockfile. Run after `npm install`; idempotent.
 */
import { readFileSync, writeFileSync } from "node:fs";

interface LockEntry {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, LockEntry> };
const systems = [
  "android",
  "darwin",
  "freebsd",
  "linux",
  "win32",
  "openharmony",
  "netbsd",
  "openbsd",
  "sunos",
  "aix",
  "wasi",
];
const processors = [
  "arm64",
  "x64",
  "ia32",
  "arm",
  "ppc64",
  "riscv64",
  "s390x",
  "loong64",
  "mips64el",
  "wasm32",
];

let added = 0;
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (lock.packages[key] !== undefined) continue;
    lock.packages[key] = { version, ...(entry.dev ? { dev: true } : {}), optional: true, ...machineOf(name) };
    added += 1;
  }
}
const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
process.stdout.write(`${added} entries added\n`);

function machineOf(name: string): LockEntry {
  const words = name.split(/[-/]/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter(
    (processor) => words.includes(processor) || (processor === "ia32" && words.includes("ia32")),
  );
  if (words.includes("arm") || words.includes("gnueabihf")) cpu.push("arm");
  return {
    os: os.length > 0 ? os : ["none"],
    ...(cpu.length > 0 ? { cpu: [...new Set(cpu)] } : {}),
    ...(words.includes("musl") ? { libc: ["musl"] } : {}),
  };
}
