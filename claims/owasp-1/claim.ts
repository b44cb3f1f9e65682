import { partnerModel } from "@holdfast/app-base/partner";
import { present } from "@holdfast/kernel/assert";
import type { Claim, Finding, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import type { Visited } from "@holdfast/trust/visitor";
import { asCanaryCaller, type CanaryCaller } from "../canary-caller.ts";
import { argumentsOf, payloads } from "./corpus.ts";

/** The models whose every argument is tried with every text; the others take turns at the texts. */
const closely: ReadonlySet<string> = new Set(["res.partner", "sale.order"]);
const atOnce = 4;
/** Problems after which no more is tried: it is clear then. */
const enough = 20;
/** What no answer may hold: PostgreSQL's words, or the reference of a failure of our own. */
const traces =
  /syntax error|unterminated|pg_|relation "|column "|invalid input syntax|Reference: [0-9a-f]{16}/i;

/** OWASP-1: statements are never put together from what callers say. */
export const noInjection: Claim = {
  id: "OWASP-1",
  promise:
    "What a caller says never becomes part of a database statement: it goes beside it, as a parameter.",
  method:
    "In a database made for probes, texts that break out of a statement put together from words are sent in every argument of every reading method of every model, over HTTPS. A filter by such a text must find nothing, any other answer must be a result or a refusal with a 4xx in our own words: never a failure of the server, never a word of the database. Records written with such texts must read back letter for letter.",
  maxAgeMinutes: 1_440,
  probe,
};

interface Tally {
  readonly context: ProbeContext;
  readonly verdict: Verdict;
  readonly caller: CanaryCaller;
  tried: number;
  answered: number;
}

async function probe(context: ProbeContext): Promise<Finding> {
  const canary = present((await context.canaries())[0], "a canary");
  return asCanaryCaller(context, { database: canary, claim: "OWASP-1" }, async (caller, { data }) => {
    const tally: Tally = { context, verdict: new Verdict(), caller, tried: 0, answered: 0 };
    await mustFind(tally);
    await readAll(tally, [...data.registry.models.values()]);
    const written = await writeAndReadBack(tally);
    await data.writing(probeActor("OWASP-1"), async (env) => {
      const left = await env.of(partnerModel).search([["ref", "=", partnerRef]]);
      if (left.length > 0) await env.of(partnerModel).unlink(left);
    });
    return tally.verdict.finding(
      `${counted(tally.tried, "hostile argument")} on ${counted(data.registry.models.size, "model")} and ${counted(written, "hostile record")} were sent`,
      `: ${counted(tally.answered, "search", "searches")} found nothing, all else was refused in our own words, and what was written read back letter for letter`,
    );
  });
}

/** Without this every empty answer might be the door's own. */
async function mustFind({ verdict, caller }: Tally): Promise<void> {
  const { status, body } = await caller.call("res.users", "search_count", { domain: [["id", ">", 0]] });
  verdict.expect(
    status === 200 && Number(body) > 0,
    "an honest search finds nothing",
    `${status} ${body.slice(0, 100)}`,
  );
}

async function readAll(tally: Tally, models: readonly Parameters<typeof argumentsOf>[0][]): Promise<void> {
  const queue: (() => Promise<void>)[] = [];
  for (const [at, model] of models.entries())
    for (const [turn, payload] of payloads.entries())
      if (closely.has(model.name) || turn === at % payloads.length)
        for (const one of argumentsOf(model, textOf(tally, payload)))
          queue.push(async () => {
            const answer = await tally.caller.call(model.name, one.method, one.input);
            judge(tally, answer, { where: `${model.name}.${one.method}, ${one.argument}`, ...one });
          });
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        tally.context.signal.throwIfAborted();
        if (tally.verdict.problems >= enough) return;
        await next();
      }
    }),
  );
}

/** A word that exists nowhere, so that whatever is found was not asked for. */
function textOf({ context }: Tally, payload: string): string {
  return payload.replace("%s", `zq${Buffer.from(context.random.bytes(6)).toString("hex")}`);
}

function judge(
  tally: Tally,
  { status, body }: Visited,
  { where, findsNothing }: { readonly where: string; readonly findsNothing?: boolean },
): void {
  const { verdict } = tally;
  const shown = `${where}: ${status} ${body.slice(0, 200)}`;
  tally.tried += 1;
  verdict.expect(status < 500, "a hostile text made the server fail", shown);
  verdict.expect(status === 200 || !traces.test(body), "an answer holds words of the database", shown);
  if (status !== 200 || findsNothing !== true) return;
  tally.answered += 1;
  verdict.expect(body.trim() === "[]", "a text that exists nowhere found records", shown);
}

const partnerRef = "probe of OWASP-1";

/** @returns how many records were written. */
async function writeAndReadBack({ context, verdict, caller }: Tally): Promise<number> {
  const names = payloads.map((payload) => textOf({ context } as Tally, payload));
  const made = await caller.call("res.partner", "create", {
    vals_list: names.map((name) => ({ name, ref: partnerRef })),
  });
  if (
    !verdict.expect(
      made.status === 200,
      "a record with a hostile name cannot be written",
      made.body.slice(0, 200),
    )
  )
    return 0;
  const ids = JSON.parse(made.body) as number[];
  const read = await caller.call("res.partner", "read", { ids, fields: ["name"] });
  const back = (JSON.parse(read.body) as { name: string }[]).map(({ name }) => name);
  verdict.expect(
    JSON.stringify(back) === JSON.stringify(names),
    "a hostile text did not read back as it was written",
    JSON.stringify(back).slice(0, 500),
  );
  await caller.call("res.partner", "unlink", { ids });
  return names.length;
}
