import { performance } from "node:perf_hooks";
import type { BenchRun, Figure } from "./benchmark.ts";
import type { CompanyServer } from "./company-server.ts";
import { ask } from "./load.ts";
import { figure } from "./measure.ts";
import { memoryBytes } from "./process-figures.ts";

const watchEveryMilliseconds = 50;
const mebibyte = 1_048_576;
/** What an import may add to the server's memory: the file, its rows, and what the collector has not taken yet. */
const mostAddedMebibytes = 400;

/** One import in one request, watched from outside: rows a second, progress lines, memory of the server process. */
export async function measureImport(run: BenchRun, server: CompanyServer): Promise<readonly Figure[]> {
  const rows = run.quick ? 200 : 100_000;
  const csv = ["name,email,phone,city,zip", ...Array.from({ length: rows }, (_, n) => lineOf(n))].join("\n");
  const before = memoryBytes(server.pid).now;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, memoryBytes(server.pid).now);
  }, watchEveryMilliseconds);
  const start = performance.now();
  const answer = await ask(
    {
      port: server.port,
      host: server.host,
      caPem: server.caPem,
      path: "/web/import/res.partner?columns=name,email,phone,city,zip",
      method: "POST",
      headers: {
        cookie: await server.session(server.users.admin),
        origin: `https://${server.host}:${server.port}`,
        "content-type": "text/csv",
      },
      body: () => csv,
    },
    undefined,
  ).finally(() => clearInterval(watch));
  const seconds = (performance.now() - start) / 1_000;
  const lines = answer
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const result = lines.at(-1)?.["result"] as { readonly imported?: number } | undefined;
  if (result?.imported !== rows) throw new Error(`the import ended with ${JSON.stringify(lines.at(-1))}`);
  const one = (name: string, unit: string, value: number, bound: Figure["bound"] = null) =>
    figure(run, { name, unit, bound, ours: [value] });
  return [
    one(`import of ${rows} rows in one request`, "rows/s", rows / seconds),
    one("lines of progress", "lines", lines.filter((line) => "progress" in line).length, { atLeast: 100 }),
    one("memory that the import adds", "MiB", (most - before) / mebibyte, { atMost: mostAddedMebibytes }),
  ];
}

function lineOf(n: number): string {
  return `Imported ${n},import${n}@example.org,+371 ${n},City ${n % 97},${1_000 + (n % 9_000)}`;
}
