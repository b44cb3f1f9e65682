import { performance } from "node:perf_hooks";
import type { BenchRun, Figure } from "./benchmark.ts";
import type { CompanyServer } from "./company-server.ts";
import { ask } from "./load.ts";
import { figure } from "./measure.ts";
import { memoryBytes } from "./process-figures.ts";

const watchEveryMilliseconds = 50;
const mebibyte = 1_048_576;
/** What a large import may need more than a small one, in the memory of the server: nothing of it grows with the rows. */
const mostAddedMebibytes = 64;

/** One import in one request, watched from outside: rows a second, progress lines, memory of the server process. */
export async function measureImport(
  run: Pick<BenchRun, "quick">,
  server: CompanyServer,
  rows = run.quick ? 200 : 100_000,
): Promise<readonly Figure[]> {
  await importRows(server, rows / 20);
  const before = memoryBytes(server.pid).now;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, memoryBytes(server.pid).now);
  }, watchEveryMilliseconds);
  const start = performance.now();
  const lines = await importRows(server, rows).finally(() => clearInterval(watch));
  const seconds = (performance.now() - start) / 1_000;
  const one = (name: string, unit: string, value: number, bound: Figure["bound"] = null) =>
    figure(run, { name, unit, bound, ours: [value] });
  return [
    one(`import of ${rows} rows in one request`, "rows/s", rows / seconds),
    one("lines of progress", "lines", lines.filter((line) => "progress" in line).length, { atLeast: 100 }),
    one("memory that the import adds", "MiB", (most - before) / mebibyte, { atMost: mostAddedMebibytes }),
  ];
}

/** @returns the lines of the answer. */
async function importRows(
  server: CompanyServer,
  rows: number,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const csv = ["name,email,phone,city,zip", ...Array.from({ length: rows }, (_, n) => lineOf(n))].join("\n");
  const headers = {
    cookie: await server.session(server.users.admin),
    origin: `https://${server.host}:${server.port}`,
    "content-type": "text/csv",
  };
  const path = "/web/import/res.partner?columns=name,email,phone,city,zip";
  const target = { ...server, path, method: "POST" as const, headers, body: () => csv };
  const lines = (await ask(target, undefined))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const result = lines.at(-1)?.["result"] as { readonly imported?: number } | undefined;
  if (result?.imported !== rows) throw new Error(`the import ended with ${JSON.stringify(lines.at(-1))}`);
  return lines;
}

function lineOf(n: number): string {
  return `Imported ${n},import${n}@example.org,+371 ${n},City ${n % 97},${1_000 + (n % 9_000)}`;
}
