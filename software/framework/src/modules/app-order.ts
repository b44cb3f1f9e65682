import { didYouMean } from "../model/nearest.ts";
import type { App } from "./app.ts";

/**
 * Apps in an order in which each comes after those it depends on; stable otherwise.
 *
 * @param problems - receives a sentence for each missing app and each circle.
 */
export function orderApps(apps: readonly App[], problems: string[]): readonly App[] {
  const byName = new Map(apps.map((app) => [app.name, app]));
  if (byName.size !== apps.length) problems.push("two apps have the same name");
  const ordered = new Set<App>();
  const open = new Set<App>();
  const visit = (app: App): void => {
    if (ordered.has(app)) return;
    if (open.has(app)) return void problems.push(`app "${app.name}" depends on itself through others`);
    open.add(app);
    for (const name of app.depends) {
      const needed = byName.get(name);
      if (needed === undefined) problems.push(missing(app, name, byName.keys()));
      else visit(needed);
    }
    open.delete(app);
    ordered.add(app);
  };
  for (const app of apps) visit(app);
  return [...ordered];
}

function missing(app: App, name: string, known: Iterable<string>): string {
  return `app "${app.name}" depends on app "${name}", which is not there${didYouMean(name, known)}`;
}
