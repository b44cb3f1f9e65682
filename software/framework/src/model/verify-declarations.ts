import type { Group } from "../access/policy.ts";
import type { App } from "../modules/app.ts";
import type { Model } from "./model.ts";

export function declarationProblems(
  _apps: readonly App[],
  _models: ReadonlyMap<string, Model>,
  _groups: ReadonlyMap<string, Group>,
): string[] {
  return [];
}
