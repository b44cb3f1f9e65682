import type { Environment } from "../model/environment.ts";
import { nestedRows, typedCells } from "../model/records/nested-rows.ts";
import { readContext } from "../remote/call.ts";
import { exportData } from "../remote/export-data.ts";
import { held, maybeThere, nobody, type SecretPlace, secretOf } from "./bisecting-secrets.ts";
import { person } from "./sample-models.ts";

/** Asks one question as the attacker. */
export type Ask = (run: (env: Environment) => Promise<unknown>) => Promise<unknown>;

/** A way at a secret: asks until it knows, or would know if there were a leak. */
export type Way = (ask: Ask, place: SecretPlace) => Promise<number | undefined>;

// biome-ignore lint/suspicious/noExplicitAny: the attacker asks what the types forbid
type Loose = any;
const people = (env: Environment) => env.model(person.name) as Loose;

/** Halves what the secret may be until one is left: the greatest of which `atLeast` says yes. */
async function bisect(count: number, atLeast: (guess: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [0, count - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (await atLeast(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

type Value = string | number;
const lastId = 1_000_000;
const some = (answer: unknown) => (Array.isArray(answer) ? answer.length > 0 : Number(answer) > 0);

/** Bisects by a question whose answer is empty or 0 when the guess is too high. */
const halving =
  (question: (env: Environment, place: SecretPlace, guess: Value, below: Value) => Promise<unknown>): Way =>
  (ask, place) =>
    bisect(place.count, async (guess) =>
      some(await ask((env) => question(env, place, held(place, guess), held(place, guess - 1)))),
    );

/** Looks for the value itself in an answer. */
const looking =
  (question: (env: Environment, place: SecretPlace) => Promise<unknown>): Way =>
  async (ask, place) => {
    const told = JSON.stringify(await ask((env) => question(env, place))) ?? "";
    const found = /(?:is now \\"|"secret":"?|"datas":\[\["?|"displayName":")([a-p]{4}|\d+)/.exec(told);
    return found?.[1] === undefined ? undefined : secretOf(place, found[1]);
  };

const only = ({ id }: SecretPlace) => ["id", "=", id];

/** Values under a name that the attacker looks for. */
const renamed = (answer: unknown, { field }: SecretPlace) =>
  JSON.parse(JSON.stringify(answer ?? null).replaceAll(`"${field}":`, '"secret":'));

/** Ways at a value of a record, by what they go through. */
export const valueWays: Readonly<Record<string, Way>> = {
  filter: halving((env, at, guess) => people(env).search([only(at), [at.field, ">=", guess]])),
  negation: halving((env, at, guess) => people(env).search([only(at), "!", [at.field, "<", guess]])),
  path: halving((env, at, guess) =>
    people(env).search([
      ["id", "=", at.child],
      [`parent_id.${at.field}`, ">=", guess],
    ]),
  ),
  count: halving((env, at, guess) => people(env).count([only(at), [at.field, ">=", guess]])),
  order: halving((env, at, _, below) =>
    // A page that begins after the last record with less than the guess.
    people(env).search([only(at)], { order: at.field, after: [below, lastId] }),
  ),
  groups: halving((env, at, guess) =>
    people(env).readGroup([only(at), [at.field, ">=", guess]], ["kind"], []),
  ),
  read: looking(async (env, at) => renamed(await people(env).read([at.id], [at.field]), at)),
  search: looking(async (env, at) => renamed(await people(env).searchRead([only(at)], [at.field]), at)),
  nested: looking(async (env, at) => {
    const behind = { parent_id: { fields: { [at.field]: {} } } };
    return renamed(nestedRows(await people(env).readNestedTexts([at.child], behind), typedCells), at);
  }),
  group: looking(async (env, at) => renamed(await people(env).readGroup([only(at)], [at.field], []), at)),
  aggregate: looking(async (env, at) => {
    const [group] = await people(env).readGroup([only(at)], [], [`${at.field}:max`]);
    return { secret: group?.[`${at.field}:max`] };
  }),
  export: looking((env, at) =>
    exportData(
      { env, model: person, ids: [at.id], single: false, context: readContext(undefined) },
      { fields_to_export: [at.field] },
    ),
  ),
  conflict: looking((env, at) =>
    people(env).write([at.id], { kind: "lead" }, { expected: { [at.field]: at.text ? "?" : 5_000 } }),
  ),
  name: looking(async (env, at) => {
    const [row] = await people(env).read([at.child], ["parent_id"]);
    return row?.parent_id;
  }),
};

/** At a unique value: a batch of guesses fails when it is among them. Halves the batch. */
export const uniquenessWay: Way = async (ask, place) => {
  const tried = (from: number, to: number) =>
    ask(async (env) => {
      const guesses = Array.from({ length: to - from }, (_, at) => from + at);
      await people(env).create(guesses.map((guess) => ({ [place.field]: held(place, guess) })));
      return "free";
    });
  return bisect(place.count, async (guess) => {
    const told = (await tried(guess, place.count)) as { readonly code?: string };
    return told.code === "conflict";
  });
};

/** At who is there: each way tells of one number whether it is told of otherwise than the number of nobody. */
export const existenceWays: Readonly<Record<string, Way>> = {
  read: existing((env, id) => people(env).read([id], ["name"])),
  write: existing((env, id) => people(env).write([id], { age: 1 })),
  delete: existing((env, id) => people(env).unlink([id])),
  exists: existing((env, id) => people(env).exists([id])),
  search: existing((env, id) => people(env).search([["id", "=", id]])),
  count: existing((env, id) => people(env).count([["id", "=", id]])),
  relation: existing((env, id) => people(env).write([1], { mentor_id: id })),
  collection: existing(async (env, id) => {
    const [row] = await people(env).read([1], ["child_ids"]);
    return row.child_ids.includes(id);
  }),
  path: existing((env, id) => people(env).search([["child_ids", "in", [id]]])),
  nested: existing(async (env, id) => {
    const behind = { child_ids: { fields: { name: {} } } };
    const [row] = nestedRows(await people(env).readNestedTexts([1], behind), typedCells) as Loose[];
    return row.child_ids.some((child: Loose) => child.id === id);
  }),
};

function existing(question: (env: Environment, id: number) => Promise<unknown>): Way {
  return async (ask) => {
    const told = async (id: number) =>
      (JSON.stringify(await ask((env) => question(env, id))) ?? "").replaceAll(String(id), "#");
    const none = await told(nobody);
    let there = 0;
    for (const [at, id] of maybeThere.entries()) if ((await told(id)) !== none) there |= 1 << at;
    return there;
  };
}
