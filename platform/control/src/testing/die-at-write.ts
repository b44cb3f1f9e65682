/**
 * Loaded into a part before its own code (`node --import`): the part dies right before one of its own writes, as by a
 * loss of power. Writes are what changes a disk for good (rename, remove, flush) and what is sent to anybody
 * (statements, answers, orders to jobs); which they are comes from the running code, so that a new one joins by itself.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";

// biome-ignore lint/style/noProcessEnv: an order of the test that started this process, not an option
const order = process.env["HOLDFAST_DIE_AT"] ?? "";
const { existsSync, readFileSync, writeFileSync } = fs;
let count = 0;
let armed = "";

function passed(): void {
  if (!existsSync(order)) return;
  const wanted = readFileSync(order, "utf8");
  if (wanted !== armed) [armed, count] = [wanted, 0];
  count += 1;
  writeFileSync(`${order}.count`, String(count));
  if (count === Number.parseFloat(wanted)) process.kill(process.pid, "SIGKILL");
}

for (const name of ["renameSync", "rmSync", "unlinkSync", "fsyncSync"] as const) watch(fs, name);
for (const name of ["rename", "rm", "unlink"] as const) watch(fs.promises, name);
const { write } = net.Socket.prototype;
net.Socket.prototype.write = function (this: net.Socket, ...words: Parameters<typeof write>): boolean {
  if (this !== (process.stdout as unknown) && this !== (process.stderr as unknown)) passed();
  return write.apply(this, words);
} as typeof write;
syncBuiltinESMExports();

function watch<Name extends string>(on: Record<Name, (...words: never[]) => unknown>, name: Name): void {
  const original = on[name];
  on[name] = (...words: never[]) => {
    passed();
    return original.apply(on, words);
  };
}
