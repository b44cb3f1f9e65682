import { execFile } from "node:child_process";

const gateMilliseconds = 120_000;
const maxSaidBytes = 4 * 2 ** 20;
const maxShown = 2_000;

/** How a gate ended. */
export interface Ran {
  /** -1 when it was stopped, or could not be started. */
  readonly code: number;
  /** The end of what it said on both streams. */
  readonly said: string;
}

/** Runs one gate of a repository, with nothing of our own environment. */
export function runGate(
  command: string,
  parameters: readonly string[],
  { root, signal }: { readonly root: string; readonly signal: AbortSignal },
): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8", TZ: "UTC", HOME: "/nonexistent" };
    const options = { cwd: root, env, signal, timeout: gateMilliseconds, maxBuffer: maxSaidBytes };
    execFile(command, parameters, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, said: `${stdout}${stderr}`.slice(-maxShown) });
    });
  });
}
