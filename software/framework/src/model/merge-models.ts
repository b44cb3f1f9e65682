import type { App } from "../modules/app.ts";
import type { Compute, Model, ModelExtension, RemoteMethod } from "./model.ts";
import { didYouMean } from "./nearest.ts";

/**
 * All models of the apps with their extensions merged in, in the order of the apps: a later app adds fields,
 * computes, checks and methods; a method of the same name goes over the earlier one, which it gets as
 * `inherited` (others call that `super`), and so does a compute of the same fields.
 *
 * @param problems - receives a sentence, naming the app, for each model or field declared twice.
 */
export function mergeModels(apps: readonly App[], problems: string[]): Map<string, Model> {
  const models = new Map<string, Model>();
  for (const app of apps) {
    for (const model of app.models) {
      if (models.has(model.name)) problems.push(`app "${app.name}": model "${model.name}" is declared twice`);
      models.set(model.name, model);
    }
    for (const extension of app.extensions ?? []) {
      const model = models.get(extension.model);
      if (model !== undefined) models.set(model.name, extended(model, extension, app, problems));
      else
        problems.push(
          `app "${app.name}" extends model "${extension.model}", which is not there${didYouMean(extension.model, models.keys())}`,
        );
    }
  }
  return models;
}

function extended(model: Model, extension: ModelExtension, app: App, problems: string[]): Model {
  for (const name of Object.keys(extension.fields ?? {}))
    if (Object.hasOwn(model.fields, name))
      problems.push(`app "${app.name}": field "${name}" of model "${model.name}" is declared already`);
  return {
    ...model,
    fields: { ...model.fields, ...extension.fields },
    computes: mergedComputes(model.computes ?? [], extension.computes ?? []),
    checks: [...(model.checks ?? []), ...(extension.checks ?? [])],
    constraints: [...(model.constraints ?? []), ...(extension.constraints ?? [])],
    methods: mergedMethods(model.methods ?? {}, extension.methods ?? {}),
  };
}

function mergedComputes(own: readonly Compute[], added: readonly Compute[]): readonly Compute[] {
  const before = new Map(own.map((compute) => [fieldsKey(compute), compute]));
  const replaced = new Set(added.map(fieldsKey));
  return [
    ...own.filter((compute) => !replaced.has(fieldsKey(compute))),
    ...added.map((compute) => over(compute, before.get(fieldsKey(compute)))),
  ];
}

/** The values of the earlier compute are there for the later one; its dependencies stay watched. */
function over(compute: Compute, earlier: Compute | undefined): Compute {
  if (earlier === undefined) return compute;
  const { plain, beforehand, touches, ...own } = compute;
  return {
    ...own,
    ...(plain && earlier.plain && { plain }),
    ...(beforehand && earlier.beforehand && { beforehand }),
    ...((touches || earlier.touches) && { touches: true }),
    dependsOn: [...new Set([...earlier.dependsOn, ...compute.dependsOn])],
    run: (env, ids) => compute.run(env, ids, (...given) => earlier.run(...given)),
  };
}

function mergedMethods(own: Methods, added: Methods): Methods {
  const merged = Object.entries(added).map(([name, method]): [string, RemoteMethod] => {
    const earlier = Object.hasOwn(own, name) ? own[name] : undefined;
    return [name, earlier === undefined ? method : methodOver(method, earlier)];
  });
  return { ...own, ...Object.fromEntries(merged) };
}

/** What the earlier one asks of its caller (a password given lately, an input) is for the later one to say anew. */
function methodOver(method: RemoteMethod, earlier: RemoteMethod): RemoteMethod {
  return {
    ...method,
    run: (env, ids, input) => method.run(env, ids, input, (...given) => earlier.run(...given)),
  };
}

type Methods = Readonly<Record<string, RemoteMethod>>;

function fieldsKey(compute: Compute): string {
  return [...compute.fields].sort().join();
}
