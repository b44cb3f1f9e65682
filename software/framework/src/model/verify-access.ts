import { ExpectedError } from "@holdfast/kernel/errors";
import { ruleCondition } from "../expressions/rule-condition.ts";
import type { App } from "../modules/app.ts";
import { didYouMean } from "./nearest.ts";
import type { Registry } from "./registry.ts";

/** Groups that nobody declares: holders of signed links. */
const linkGroup = /^link\.[a-z_.]+$/;

/** What is wrong with the groups, rights and rules of one app. */
export function accessProblems(registry: Registry, app: App): string[] {
  const group = (key: string, where: string) =>
    registry.groups.has(key) || linkGroup.test(key)
      ? []
      : [`${where}: no group "${key}"${didYouMean(key, registry.groups.keys())}`];
  const model = (name: string, where: string) =>
    registry.models.has(name)
      ? []
      : [`${where}: no model "${name}"${didYouMean(name, registry.models.keys())}`];
  return [
    ...(app.groups ?? []).flatMap((one) =>
      (one.implies ?? []).flatMap((key) => group(key, `group "${one.key}"`)),
    ),
    ...(app.rights ?? []).flatMap((one) => [
      ...group(one.group, "a right"),
      ...model(one.model, `a right of "${one.group}"`),
    ]),
    ...(app.rules ?? []).flatMap((one) => {
      const where = `rule "${one.key}"`;
      const names = [...model(one.model, where), ...(one.groups ?? []).flatMap((key) => group(key, where))];
      return names.length > 0
        ? names
        : ruleProblems(registry, one.model, { where, condition: one.condition });
    }),
    ...doubleKeys(app),
  ];
}

function ruleProblems(
  registry: Registry,
  model: string,
  { where, condition }: { readonly where: string; readonly condition: string },
): string[] {
  try {
    ruleCondition(condition, registry.model(model), registry);
    return [];
  } catch (error) {
    if (error instanceof ExpectedError) return [`${where}: ${error.message}`];
    throw error;
  }
}

function doubleKeys(app: App): string[] {
  const keys = (app.rules ?? []).map((rule) => rule.key);
  return [...new Set(keys.filter((key, i) => keys.indexOf(key) !== i))].map(
    (key) => `two rules are called "${key}"`,
  );
}
