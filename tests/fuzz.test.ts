import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { literal, sql } from "@holdfast/framework/sql/sql";
import { type CompanyHost, companyHost } from "./company-host.ts";
import { type Answer, type Door, openDoors } from "./doors.ts";
import { hostileBodies } from "./hostile-bodies.ts";
import { type HostileCall, HostileCalls, marker, seeded } from "./hostile-calls.ts";
import { readStatementLog } from "./statement-log.ts";

const { HOLDFAST_DEEP: deep, HOLDFAST_SEED: given } = process.env;
const calls = deep === "1" ? 100_000 : 3_000;
const everyRun = 34_249;
const anotherOne = deep === "1" ? Date.now() % 1_000_000 : everyRun;
const seed = given === undefined ? anotherOne : Number(given);
const atOnce = 8;

let host: CompanyHost;
let log: string;
before(async () => {
  host = await companyHost();
  log = await host.database.logStatements();
});
after(() => host.close());

/** Models whose change would lock the callers out: only read there. */
const ownGround = /^(?:res\.users|res\.users\.|hf\.|res\.groups|res\.company|ir\.)/;
const reading =
  /^(?:search|read|name_search|fields_get|default_get|exists|has_access|check_|export|formatted|web_)/;

/** What must stand in no answer: a trace, a place in our code, names of tables, PostgreSQL's own words. */
const ours =
  /node:internal|\bat \w+ \(|\.ts:\d|hf_row|"t"\."|res_partner"|syntax error|pg_catalog|invalid input syntax|violates|Reference: [0-9a-f]{16}/;
/** How an answer tells what it is about. */
const place =
  /"|domain|argument|body|model|method|record|field|request|JSON|XML|nested|address|forms|key|call|value|\bids\b|page/i;

function problemOf({ status, body }: Answer): string | undefined {
  if (status >= 500) return `status ${status}`;
  const match = ours.exec(body);
  if (match !== null) return `says "${match[0]}"`;
  if (!isRefused({ status, body }) || status === tooLongAddress) return undefined;
  return place.test(messageOf(body)) ? undefined : "names no place";
}

/** Node's own answer to a head of more than 16 KiB. */
const tooLongAddress = 431;

function isRefused({ status, body }: Pick<Answer, "status" | "body">): boolean {
  return status >= 400 || /^\{"jsonrpc":"2\.0","id":[^,]{1,20},"error":|<fault>/.test(body);
}

function messageOf(body: string): string {
  return (
    /"message":"((?:[^"\\]|\\.)*)"(?!,"data")/.exec(body)?.[1] ??
    /faultString<\/name><value><string>([^<]*)/.exec(body)?.[1] ??
    body
  );
}

test(`${calls} hostile calls through all doors: never a 5xx, always a place, and no word of theirs in a statement (seed ${seed})`, async () => {
  const [ann, admin] = [await openDoors(host, "ann"), await openDoors(host, "admin")];
  const hostile = new HostileCalls(host.database.registry, seeded(seed));
  const problems: string[] = [];
  const statuses = new Map<string, number>();
  let made = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (made < calls && problems.length < 5) {
        made += 1;
        const call = hostile.next();
        const safe = reading.test(call.method) || !ownGround.test(call.model);
        if (!safe) continue;
        const doors = hostile.rarely(3) ? admin : ann;
        const door = hostile.of<Door>(doors);
        const answer = await door.call(call.model, call.method, call.args, call.kwargs).catch(failed);
        const kind = isRefused(answer) ? "refused" : "answered";
        statuses.set(`${door.name} ${kind}`, (statuses.get(`${door.name} ${kind}`) ?? 0) + 1);
        const problem = problemOf(answer);
        if (problem !== undefined) problems.push(told(problem, door, call, answer));
      }
    }),
  );
  // A run in which everything was refused at the door would prove nothing.
  for (const door of ann)
    for (const kind of ["answered", "refused"])
      assert.ok(
        (statuses.get(`${door.name} ${kind}`) ?? 0) > calls / 200,
        `${door.name} ${kind}: ${[...statuses].join(" ")}`,
      );
  const { statements, found, inParameters } = await readStatementLog(log, marker);
  assert.deepEqual({ problems, found }, { problems: [], found: [] });
  assert.ok(
    statements > calls / 2 && inParameters > calls / 300,
    `${statements} statements, ${inParameters} with hostile words`,
  );
});

test("bodies that are no calls are refused with a 4xx, or a fault, at every door", async () => {
  const problems: string[] = [];
  for (const door of await openDoors(host, "ann"))
    for (const { what, body, headers } of hostileBodies()) {
      const answer = await door.raw(body, headers).catch(failed);
      const problem = problemOf(answer);
      if (problem !== undefined)
        problems.push(`${door.name}, ${what}: ${problem}: ${answer.body.slice(0, 200)}`);
    }
  assert.deepEqual(problems, []);
});

test("the log that is searched has what was sent: a statement built from words would be found", async () => {
  await host.database.database.rows(sql`SELECT ${literal(marker)} AS planted`);
  const { found } = await readStatementLog(log, marker);
  assert.equal(found.length, 1);
});

function failed(error: unknown): Answer {
  return { status: 599, body: String((error as Error).cause ?? error), headers: new Headers() };
}

function told(problem: string, door: Door, call: HostileCall, { status, body }: Answer): string {
  return `${problem}: ${door.name} ${JSON.stringify(call).slice(0, 600)} → ${status} ${body.slice(0, 400)}`;
}
