import type { AmountOf, Group } from "../model/environment.ts";
import type { Field } from "../model/field.ts";
import { bad } from "./arguments.ts";
import { bucketLabel } from "./date-bucket.ts";
import { RemoteDouble, remoteValue } from "./remote-value.ts";
import type { StandardCall } from "./standard-method.ts";

interface ReadGroupInput {
  readonly domain: unknown[];
  readonly fields: readonly string[];
  readonly groupby: readonly string[];
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
  readonly orderby?: string | undefined;
  readonly lazy?: boolean | undefined;
}

interface FormattedInput {
  readonly domain: unknown[];
  readonly groupby: readonly string[];
  readonly aggregates: readonly string[];
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
  readonly order?: string | undefined;
}

/** One aggregate: how the data layer calls it, and under which name it goes back. */
interface Asked {
  readonly spec: string;
  readonly as: string;
}

const summed: ReadonlySet<Field["kind"]> = new Set(["integer", "decimal", "money"]);

/**
 * `read_group`, as older clients call it: `lazy` (the default) groups by the first key alone. Each group has its
 * keys, `<field>` sums, `<key>_count`, `__count` and `__domain`. Fields that cannot be summed are left out.
 */
export async function readGroup(call: StandardCall, input: ReadGroupInput): Promise<unknown> {
  const lazy = input.lazy !== false;
  const keys = lazy ? input.groupby.slice(0, 1) : input.groupby;
  const rest = lazy ? input.groupby.slice(1) : [];
  const asked = input.fields.flatMap((field) => olderAggregate(call, field));
  const groups = await group(call, { ...input, keys, asked, order: input.orderby });
  const counted = keys.length === 1 ? [`${fieldOf(keys[0] ?? "")}_count`] : [];
  return groups.map((one) => ({
    ...keyValues(call, keys, one, (label) => label[1]),
    ...aggregates(call, asked, one),
    ...Object.fromEntries(counted.map((name) => [name, one.__count])),
    __count: one.__count,
    __domain: one.__domain,
    ...(rest.length > 0 ? { __context: { group_by: rest } } : {}),
  }));
}

/** `formatted_read_group`, as newer clients call it: dates come as `[first day, label]`. */
export async function formattedReadGroup(call: StandardCall, input: FormattedInput): Promise<unknown> {
  const asked = input.aggregates.filter((name) => name !== "__count").map((spec) => ({ spec, as: spec }));
  const groups = await group(call, { ...input, keys: input.groupby, asked });
  return groups.map((one) => ({
    ...keyValues(call, input.groupby, one, (label) => label),
    ...aggregates(call, asked, one),
    __count: one.__count,
    __extra_domain: one.__domain.slice(0, one.__domain.length - input.domain.length),
  }));
}

async function group(
  { env, model, context }: StandardCall,
  asked: Omit<FormattedInput, "groupby" | "aggregates"> & {
    readonly keys: readonly string[];
    readonly asked: readonly Asked[];
  },
): Promise<Group[]> {
  return env.of(model).readGroup(
    asked.domain as never,
    asked.keys,
    asked.asked.map(({ spec }) => spec),
    {
      activeOnly: context.activeTest,
      ...(asked.limit ? { limit: asked.limit } : {}),
      ...(asked.offset ? { offset: asked.offset } : {}),
      ...(asked.order ? { order: orderOf(asked.order, asked) } : {}),
    },
  );
}

/** `amount_total`, `amount_total:sum`, `total:sum(amount_total)`. */
function olderAggregate({ env, model }: StandardCall, text: string): Asked[] {
  const named = /^(\w+):(\w+)\((\w+)\)$/.exec(text);
  if (named !== null) return [{ spec: `${named[3]}:${named[2]}`, as: named[1] ?? "" }];
  const [name = "", aggregate] = text.split(":");
  if (aggregate !== undefined) return [{ spec: text, as: name }];
  const field = env.registry.field(model, name);
  if (field === undefined) throw bad(`"${model.label}" has no field "${name.slice(0, 64)}".`);
  return summed.has(field.kind) && name !== "id" ? [{ spec: `${name}:sum`, as: name }] : [];
}

/** Callers sort by the names that they see; the data layer by its own. */
function orderOf(
  order: string,
  { keys, asked }: { readonly keys: readonly string[]; readonly asked: readonly Asked[] },
): string {
  const terms = order.split(",").map((term) => {
    const [name = "", direction = ""] = term.trim().split(/\s+/);
    const key = keys.find((one) => one === name || fieldOf(one) === name);
    const aggregate = asked.find((one) => one.as === name || one.spec === name);
    const counted = keys.some((one) => name === `${fieldOf(one)}_count`) ? "__count" : name;
    return `${key ?? aggregate?.spec ?? counted} ${direction}`.trim();
  });
  return terms.join(", ");
}

function keyValues(
  { env, model }: StandardCall,
  keys: readonly string[],
  group: Group,
  labelled: (label: readonly [string, string]) => unknown,
): Record<string, unknown> {
  const values = keys.map((key) => {
    const [name = "", step] = key.split(":");
    const field = env.registry.field(model, name);
    const value = group[key];
    const dated = field?.kind === "date" || field?.kind === "datetime";
    if (!dated || value === null) return [key, remoteValue(field, value)];
    return [key, labelled(bucketLabel(String(value).slice(0, 10), step ?? "month", env.actor.language))];
  });
  return Object.fromEntries(values);
}

function aggregates(
  { env, model }: StandardCall,
  asked: readonly Asked[],
  group: Group,
): Record<string, unknown> {
  return Object.fromEntries(
    asked.map(({ spec, as }) => {
      const [name = "", aggregate] = spec.split(":");
      const value = group[spec];
      if (aggregate?.startsWith("count")) return [as, value];
      if (Array.isArray(value)) return [as, (value as AmountOf[]).map(currencySum)];
      const field = env.registry.field(model, name);
      const number = field !== undefined && summed.has(field.kind);
      return [
        as,
        number && typeof value === "string" ? new RemoteDouble(Number(value)) : remoteValue(field, value),
      ];
    }),
  );
}

/** What several currencies come to, each by itself. */
function currencySum({ currency, sum }: AmountOf): unknown {
  return {
    currency: currency === null ? false : [currency.id, currency.displayName],
    sum: new RemoteDouble(Number(sum)),
  };
}

function fieldOf(key: string): string {
  return key.split(":")[0] ?? key;
}
