import type { App } from "../modules/app.ts";
import type { Registry } from "./registry.ts";
import { tableOf } from "./storage.ts";
import { accessProblems } from "./verify-access.ts";
import { modelProblems } from "./verify-model.ts";
import { viewProblems } from "./verify-views.ts";

/** A sentence for each name in the apps that refers to nothing, or to something of the wrong kind. */
export function declarationProblems(registry: Registry): string[] {
  return [
    ...sharedTables(registry),
    ...[...registry.models.values()].flatMap((model) =>
      modelProblems(registry, model).map(
        (problem) => `${ownerOf(registry, model.name)}: model "${model.name}": ${problem}`,
      ),
    ),
    ...registry.apps.flatMap((app) =>
      [...accessProblems(registry, app), ...viewProblems(registry, app), ...migrationProblems(app)].map(
        (problem) => `app "${app.name}": ${problem}`,
      ),
    ),
  ];
}

/** Two names that differ in dots and underscores alone would share a table. */
function sharedTables(registry: Registry): string[] {
  const byTable = Map.groupBy(registry.models.values(), tableOf);
  return [...byTable.values()]
    .filter((models) => models.length > 1)
    .map(
      (models) => `models ${models.map((model) => `"${model.name}"`).join(" and ")} would share one table`,
    );
}

/** A number that is missing or comes twice would be skipped somewhere. */
function migrationProblems({ migrations = [] }: App): string[] {
  return migrations
    .filter(({ number }, i) => number !== i + 1)
    .map(({ number, label }) => `migration ${number}, "${label}", is not in its place: they count from 1`);
}

function ownerOf(registry: Registry, model: string): string {
  const owner = registry.apps.find((app: App) => app.models.some((one) => one.name === model));
  return `app "${owner?.name ?? "?"}"`;
}
