import fc from "fast-check";
import type { Environment } from "../model/environment.ts";
import { nestedRows, typedCells } from "../model/records/nested-rows.ts";
import type { NestedTexts } from "../model/selection.ts";
import { readContext } from "../remote/call.ts";
import { exportData } from "../remote/export-data.ts";
import { sampleDomains } from "./sample-domains.ts";
import { person, team } from "./sample-models.ts";
import { awkwardTexts } from "./sample-rows.ts";

/** One thing that a caller can ask. */
export interface Call {
  readonly name: string;
  readonly run: (env: Environment) => Promise<unknown>;
}

const fieldNames = [...Object.keys(person.fields), "id", "display_name", "nothing", "salari", "tokens"];
const field = fc.constantFrom(...fieldNames, "salary", "salary", "badge", "token");
const fields = fc.uniqueArray(field, { maxLength: 4 });
const id = fc.integer({ min: 1, max: 10 });
const ids = fc.uniqueArray(id, { minLength: 1, maxLength: 3 });
const direction = fc.constantFrom("", " desc", " asc nulls first");
const order = fc.option(
  fc.tuple(field, direction).map((parts) => parts.join("")),
  { nil: undefined },
);
const steps = fc.constantFrom("", "parent_id/", "team_id/", "team_id/lead_id/", "child_ids/", "salary/");
const exportPath = fc.oneof(
  field,
  fc.tuple(steps, field).map((parts) => parts.join("")),
);
const small = fc.integer({ min: -1, max: 5 });
const text = fc.constantFrom(...awkwardTexts);
const domain = fc.oneof(
  sampleDomains("person"),
  fc
    .tuple(
      fc.constantFrom("", "parent_id.", "child_ids.", "team_id.member_ids.", "tag_ids.owner_ids."),
      field,
      small,
    )
    .map(([path, name, value]) => [[`${path}${name}`, "=", value]]),
);
const groupSpec = fc.tuple(field, fc.constantFrom("", ":month", ":day")).map((parts) => parts.join(""));
const sumSpec = fc
  .tuple(field, fc.constantFrom("", ":sum", ":max", ":count", ":count_distinct", ":by_currency"))
  .map((parts) => parts.join(""));

/** Values that are legitimate, and now and then one that is not. */
const values = fc.dictionary(
  fc.constantFrom(
    "name",
    "nick",
    "age",
    "kind",
    "parent_id",
    "team_id",
    "tag_ids",
    "child_ids",
    "salary",
    "badge",
    "token",
  ),
  fc.oneof(
    small,
    text,
    fc.constant(null),
    id.map((one) => [[4, one]]),
    ids.map((some) => [[6, 0, some]]),
    id.map((one) => [[1, one, { age: 1 }]]),
  ),
  { maxKeys: 4 },
);

/** Two relations, one behind the other, that lead to people; and mostly what one may read of them. */
const selection = fc.tuple(
  fc.constantFrom(
    ["parent_id", "child_ids"],
    ["child_ids", "mentor_id"],
    ["mentor_id", "parent_id"],
    ["team_id", "member_ids"],
    ["team_id", "lead_id"],
    ["tag_ids", "owner_ids"],
  ),
  fc.uniqueArray(fc.oneof({ weight: 6, arbitrary: fc.constantFrom("nick", "age", "kind") }, field), {
    maxLength: 2,
  }),
  fc.constantFrom("id", "name desc", "salary"),
);

function behind([[first, second], names, order]: readonly [readonly string[], readonly string[], string]) {
  const people = { name: {}, ...Object.fromEntries(names.map((name) => [name, {}])) };
  const deeper = { fields: people, order };
  return { [first as string]: { fields: { name: {}, [second as string]: deeper } } };
}

async function nestedRowsOf(texts: Promise<NestedTexts>): Promise<unknown> {
  return nestedRows(await texts, typedCells);
}

type Loose = Parameters<ReturnType<Environment["of"]>["searchRead"]>;
const people = (env: Environment) => env.model(person.name);
const asDomain = (given: readonly unknown[]) => given as unknown as Loose[0];

function call<A>(
  name: string,
  given: fc.Arbitrary<A>,
  run: (env: Environment, given: A) => Promise<unknown>,
): fc.Arbitrary<Call> {
  return given.map((arguments_) => ({
    name: `${name} ${JSON.stringify(arguments_)}`,
    run: (env) => run(env, arguments_),
    toString: () => `${name} ${JSON.stringify(arguments_)}`,
  }));
}

/** Reading, filter, order, group, aggregate, count, names, export, existence, error text, conflicts, uniqueness, changes. */
export const attackerCalls: fc.Arbitrary<Call> = fc.oneof(
  call("read", fc.tuple(ids, fields), (env, [some, names]) => people(env).read(some, names as never)),
  call("search", fc.tuple(domain, order), (env, [asked, by]) =>
    people(env).search(asDomain(asked), { ...(by && { order: by }), activeOnly: false }),
  ),
  call("searchRead", fc.tuple(domain, fields, order, id), (env, [asked, names, by, limit]) =>
    people(env).searchRead(asDomain(asked), names as never, { ...(by && { order: by }), limit }),
  ),
  call("read nested", fc.tuple(ids, selection), (env, [some, chosen]) =>
    nestedRowsOf(people(env).readNestedTexts(some, behind(chosen))),
  ),
  call("search nested", fc.tuple(domain, selection), (env, [asked, chosen]) =>
    nestedRowsOf(
      people(env).searchNestedTexts(asDomain(asked), behind(chosen), { limit: 5, activeOnly: false }),
    ),
  ),
  call("page by key", fc.tuple(order, small, id), (env, [by, value, last]) =>
    people(env).search([], { ...(by && { order: by }), after: [value, last] }),
  ),
  call("count", domain, (env, asked) => people(env).count(asDomain(asked))),
  call("nameSearch", fc.tuple(text, domain), (env, [typed, asked]) =>
    people(env).nameSearch(typed, asDomain(asked), 5),
  ),
  call(
    "export",
    fc.tuple(ids, fc.array(exportPath, { minLength: 1, maxLength: 3 })),
    (env, [some, fields_to_export]) =>
      exportData(
        { env, model: person, ids: some, single: false, context: readContext(undefined) },
        { fields_to_export },
      ),
  ),
  call("exists", ids, (env, some) => people(env).exists(some)),
  call(
    "readGroup",
    fc.tuple(domain, fc.array(groupSpec, { maxLength: 2 }), fc.array(sumSpec, { maxLength: 2 })),
    (env, [asked, keys, sums]) => people(env).readGroup(asDomain(asked), keys, sums, { activeOnly: false }),
  ),
  call("read teams", fc.tuple(ids, order), (env, [some]) =>
    env.model(team.name).read(some, ["name", "size", "lead_id", "member_ids", "display_name"] as never),
  ),
  call(
    "search teams",
    fc.tuple(sampleDomains("team"), fc.constantFrom("lead_id", "lead_id desc", "size")),
    (env, [asked, by]) =>
      env.model(team.name).searchRead(asDomain(asked), ["member_ids", "lead_id"] as never, { order: by }),
  ),
  call("create", values, async (env, given) => [
    await people(env).create([given as never]),
    await people(env).count([]),
  ]),
  call("write", fc.tuple(ids, values), async (env, [some, given]) => [
    await people(env).write(some, given as never),
    await people(env).searchRead([], ["age", "parent_id", "child_ids", "tag_ids"] as never, {
      activeOnly: false,
    }),
  ]),
  call("write what was read", fc.tuple(ids, field, small), (env, [some, name, value]) =>
    people(env).write(some, { age: 1 } as never, { expected: { [name]: value } } as never),
  ),
  call("copy", id, async (env, one) =>
    people(env).read([await people(env).copy(one)], ["name", "age", "tag_ids"] as never),
  ),
  call("unlink", id, async (env, one) => [await people(env).unlink([one]), await people(env).count([])]),
);
