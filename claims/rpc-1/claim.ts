import { present } from "@holdfast/kernel/assert";
import type { Claim, Finding, OpenedTenant, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import type { Visited } from "@holdfast/trust/visitor";
import { asCanaryCaller } from "../canary-caller.ts";
import { withCanarySession } from "../canary-session.ts";
import { type Door, doorsOf } from "./doors.ts";
import { declaredMethods, undeclaredNames } from "./names.ts";

/** The model whose every name is tried at every door; the others' names take turns at them. */
const closely = "sale.order";
const atOnce = 4;

/** RPC-1: what can be called from outside. */
export const declaredMethodsOnly: Claim = {
  id: "RPC-1",
  promise: "From outside only methods can be called that were declared for it; all others do not exist.",
  method:
    "In a database made for probes, with an administrator's key and session, every name is called that leads somewhere from any model: properties of its objects and prototypes, functions of its definition, methods of other models, private and miswritten forms, through all doors of the remote API. Each must get the very answer that a name gets which exists nowhere. Declared methods must answer.",
  maxAgeMinutes: 1_440,
  probe,
};

interface Tally {
  readonly context: ProbeContext;
  readonly verdict: Verdict;
  readonly doors: readonly Door[];
  refused: number;
  answered: number;
}

async function probe(context: ProbeContext): Promise<Finding> {
  const canary = present((await context.canaries())[0], "a canary");
  return asCanaryCaller(context, { database: canary, claim: "RPC-1" }, (caller, tenant) =>
    withCanarySession(context, { tenant, claim: "RPC-1" }, async (session) => {
      const doors = doorsOf(context, { ...caller, sessionCookie: session.cookie });
      const tally: Tally = { context, verdict: new Verdict(), doors, refused: 0, answered: 0 };
      await tryAll(tally, tenant);
      return findingOf(tally, tenant);
    }),
  );
}

function findingOf({ verdict, doors, refused, answered }: Tally, { data }: OpenedTenant): Finding {
  const models = counted(data.registry.models.size, "model");
  return verdict.finding(
    `${counted(refused, "call")} of undeclared names on ${models} through ${counted(doors.length, "door")} were tried`,
    `: all got the answer for what does not exist; ${counted(answered, "declared method")} answered`,
  );
}

async function tryAll(tally: Tally, { data }: OpenedTenant): Promise<void> {
  const { registry } = data;
  const env = data.reading(probeActor("RPC-1"));
  for (const door of tally.doors) await mustAnswer(tally, door);
  let turn = 0;
  for (const model of registry.models.values()) {
    tally.context.signal.throwIfAborted();
    const references = await Promise.all(tally.doors.map((door) => referenceAt(tally, door, model.name)));
    const names = undeclaredNames(registry, env, model);
    const calls = names.flatMap((name) =>
      (model.name === closely ? tally.doors.map((_, at) => at) : [turn++ % tally.doors.length]).map((at) => ({
        name,
        at,
      })),
    );
    await inParallel(calls, ({ name, at }) =>
      mustBeMissing(tally, {
        door: present(tally.doors[at], "a door"),
        model: model.name,
        name,
        reference: references[at] ?? "",
      }),
    );
    await inParallel(declaredMethods(model), (name) =>
      mustExist(tally, { model: model.name, name, reference: references[0] ?? "" }),
    );
    if (tally.verdict.problems >= enough) break;
  }
}

/** Problems after which no further model is tried: it is clear then. */
const enough = 20;

/** The positive control of a door: without it every refusal might be the door's own. */
async function mustAnswer({ verdict }: Tally, door: Door): Promise<void> {
  const { status, body } = await door.call("res.partner", "exists", []);
  const isList = /"result":\s*\[\]|^\s*\[\]|<array>\s*<data\s*\/?>/.test(body);
  verdict.expect(
    status === 200 && isList,
    "a door does not answer a declared method",
    `${door.name}: ${status} ${body.slice(0, 200)}`,
  );
}

/** What a name gets that exists nowhere. */
async function referenceAt({ context, verdict }: Tally, door: Door, model: string): Promise<string> {
  const name = `probe${Buffer.from(context.random.bytes(6)).toString("hex")}`;
  const answer = plain(await door.call(model, name, []), model, name);
  verdict.expect(
    answer.includes("does not exist"),
    "a name that exists nowhere is not answered as missing",
    `${door.name}: ${answer.slice(0, 200)}`,
  );
  return answer;
}

interface Call {
  readonly model: string;
  readonly name: string;
  readonly reference: string;
}

async function mustBeMissing(
  tally: Tally,
  { door, model, name, reference }: Call & { readonly door: Door },
): Promise<void> {
  const answer = plain(await door.call(model, name, []), model, name);
  tally.refused += 1;
  tally.verdict.expect(
    answer === reference,
    "an undeclared name gets another answer than one that exists nowhere",
    `${door.name}, ${model}.${name}: ${answer.slice(0, 200)}`,
  );
}

/** Called for no record and without arguments: it may refuse those, but not its own existence. */
async function mustExist(tally: Tally, { model, name, reference }: Call): Promise<void> {
  const door = present(tally.doors[0], "a door");
  const answer = plain(await door.call(model, name, []), model, name);
  if (tally.verdict.expect(answer !== reference, "a declared method does not exist", `${model}.${name}`))
    tally.answered += 1;
}

/** Only the name itself may differ. */
function plain({ status, body }: Visited, model: string, name: string): string {
  return `${status} ${body.replaceAll(`${model}.${name}`, "model.method")}`;
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}
