import type { Environment } from "@holdfast/framework/model/environment";
import type { Model } from "@holdfast/framework/model/model";
import type { Registry } from "@holdfast/framework/model/registry";
import { standardMethodsOf } from "@holdfast/framework/remote/standard-methods";

/** What every object of the language brings along, and what makes it look like something else. */
const inherited = [
  ...Object.getOwnPropertyNames(Object.prototype),
  ...Object.getOwnPropertyNames(Function.prototype),
  ...["then", "catch", "finally", "next", "return", "throw", "prototype", "__proto__", "toJSON", "inspect"],
];

/** What clients of the established API try, knowing that it is private there. */
const triedByClients = [
  ...["_search", "_read", "_write", "_create", "_unlink", "_auto_init", "_register_hook", "init", "__init__"],
  ...[
    "sudo",
    "with_user",
    "with_context",
    "browse",
    "env",
    "pool",
    "cr",
    "invalidate_cache",
    "flush",
    "modified",
  ],
  ...[
    "__class__",
    "__subclasses__",
    "__globals__",
    "__import__",
    "mapped",
    "filtered",
    "sorted",
    "ensure_one",
  ],
];

/** The methods that a remote caller may call on a model, by declaration. */
export function declaredMethods(model: Model): string[] {
  return [...standardMethodsOf(model).map(([name]) => name), ...Object.keys(model.methods ?? {})];
}

/**
 * Every name that leads somewhere from a model, and must lead nowhere from outside: properties of its objects and
 * their prototypes, functions that its definition names, methods of other models, private and miswritten forms.
 */
export function undeclaredNames(registry: Registry, env: Environment, model: Model): string[] {
  const declared = new Set(declaredMethods(model));
  const others = [...registry.models.values()].flatMap((one) => Object.keys(one.methods ?? {}));
  const all = [
    ...inherited,
    ...triedByClients,
    ...reachableFrom(env.of(model)),
    ...reachableFrom(env),
    ...reachableFrom(model),
    ...Object.values(model.methods ?? {}).flatMap(reachableFrom),
    ...(model.computes ?? []).map(({ run }) => run.name),
    ...(model.checks ?? []).map(({ violation }) => violation.name),
    ...others,
    ...[...declared].flatMap((name) => [`_${name}`, `__${name}__`, name.toUpperCase(), `${name}.call`]),
  ];
  return [...new Set(all)].filter((name) => sayable.test(name) && !declared.has(name));
}

/** Fits into one segment of an address without being escaped. */
const sayable = /^[A-Za-z_$][A-Za-z0-9_$.]{0,63}$/;

function reachableFrom(object: object): string[] {
  const names: string[] = [];
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null)
    names.push(...Object.getOwnPropertyNames(at));
  return names;
}
