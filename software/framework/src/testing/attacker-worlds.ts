import type { PlainRow } from "../model/condition-memory.ts";
import { person, tag, team } from "./sample-models.ts";
import type { SampleRows } from "./sample-rows.ts";

/** The same world with other hidden people and teams: some are different, some do not exist. */
export function withOtherSecrets(rows: SampleRows, others: SampleRows): SampleRows {
  const mixed = (model: string, hidden: (row: PlainRow) => boolean, kept: readonly string[]) =>
    (rows[model] ?? []).flatMap((row, i): PlainRow[] => {
      const other = others[model]?.[i];
      if (!hidden(row) || other === undefined) return [row];
      const missing = (other["vip"] ?? other["open"]) === true && !referred(rows, model, row.id);
      return missing
        ? []
        : [{ ...other, ...Object.fromEntries(kept.map((name) => [name, row[name]])), id: row.id }];
    });
  return withoutDangling({
    ...rows,
    [person.name]: mixed(person.name, (row) => row["kind"] === "former", ["kind"]),
    [team.name]: mixed(team.name, (row) => row["open"] !== true, ["open"]),
  });
}

const targets: Readonly<Record<string, string>> = {
  parent_id: person.name,
  mentor_id: person.name,
  lead_id: person.name,
  owner_ids: person.name,
  team_id: team.name,
};

/** References that lead nowhere are not set. Only hidden rows have any: of the others' targets none is missing. */
function withoutDangling(rows: SampleRows): SampleRows {
  const there = (model: string, id: unknown) => rows[model]?.some((row) => row.id === id) ?? false;
  const mended = (model: string, [name, value]: readonly [string, unknown]): readonly [string, unknown] => {
    const target = model === tag.name && name === "parent_id" ? undefined : targets[name];
    if (target === undefined) return [name, value];
    if (Array.isArray(value)) return [name, value.filter((id) => there(target, id))];
    return [name, there(target, value) ? value : null];
  };
  const all = Object.entries(rows).map(([model, own]) => [
    model,
    own.map((row) => Object.fromEntries(Object.entries(row).map((entry) => mended(model, entry)))),
  ]);
  return Object.fromEntries(all) as SampleRows;
}

/** Whether another row names it: then it is known to exist. */
function referred(rows: SampleRows, model: string, id: number): boolean {
  const names = Object.keys(targets).filter((name) => targets[name] === model);
  const all = Object.values(rows).flat();
  return all.some((row) => names.some((name) => [row[name]].flat().includes(id)));
}
