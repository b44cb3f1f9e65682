import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

/** Hashes once, then prints the niceness of each of its threads (proc(5): the 19th word, the 17th after the name). */
const program = `
import { readdirSync, readFileSync } from "node:fs";
import { passwordHasher } from ${JSON.stringify(import.meta.resolve("./hasher.ts"))};
const hasher = passwordHasher();
await hasher.hash("correct horse", 4);
const words = (id) => readFileSync("/proc/self/task/" + id + "/stat", "utf8").split(") ").at(-1).split(" ");
process.stdout.write(readdirSync("/proc/self/task").map((id) => words(id)[16]).join(" "));
await hasher.close();
`;

function nicenessOfThreads(started: number): number[] {
  const words = ["-n", String(started), process.execPath, "-"];
  return execFileSync("nice", words, { encoding: "utf8", input: program }).split(" ").map(Number);
}

test("the hashing thread gives way to all others of its server", () => {
  const own = Number(execFileSync("nice", { encoding: "utf8" }));
  const found = nicenessOfThreads(0);
  assert.deepEqual([Math.min(...found), Math.max(...found)], [own, Math.max(own, 5)]);
});

test("a server that was started nicer than its hashing thread hashes all the same, and raises nothing", () => {
  const own = Number(execFileSync("nice", { encoding: "utf8" }));
  assert.deepEqual([...new Set(nicenessOfThreads(12))], [Math.min(19, own + 12)]);
});
