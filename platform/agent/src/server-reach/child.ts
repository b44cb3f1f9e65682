/**
 * Tries, as the user that runs the server, what only control or root may. Told what by standard input, answers with one
 * line of outcomes. Nothing is kept and nothing changed: a method is called with an input that none takes.
 */
import { closeSync, constants, openSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { call } from "@holdfast/protocol/call";
import { z } from "zod";
import type { Attempt, Outcome, Trial } from "./attempt.ts";

const { attempts, socketPath } = JSON.parse(await text(process.stdin)) as Trial;

const acts: Readonly<Record<Attempt["act"], (target: string) => unknown>> = {
  read: (path) => closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)),
  list: (path) => readdirSync(path),
  write: (folder) => {
    const path = join(folder, `.reach-${process.pid}`);
    closeSync(openSync(path, "wx", 0o600));
    rmSync(path);
  },
  connect: (path) =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(path);
      socket.once("error", reject).once("connect", () => {
        socket.destroy();
        resolve();
      });
    }),
  signal: (pid) => process.kill(Number(pid), 0),
  call: (name) =>
    call(socketPath, { name, input: z.unknown(), output: z.unknown(), progress: false }, "nothing"),
};

async function outcomeOf({ act, target }: Attempt): Promise<Outcome> {
  try {
    await acts[act](target);
    return "reached";
  } catch (error) {
    const { code } = error as { readonly code?: string };
    // The method is there, and would have begun.
    if (act === "call") return code === "invalid" ? "reached" : code === "not_found" ? "refused" : "failed";
    if (code === "EACCES" || code === "EPERM") return "refused";
    return code === "ENOENT" || code === "ESRCH" ? "missing" : "failed";
  }
}

const outcomes: Outcome[] = [];
for (const attempt of attempts) outcomes.push(await outcomeOf(attempt));
process.stdout.write(JSON.stringify(outcomes));
