import type { Field } from "../model/field.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import type { GroupKey } from "./actor.ts";
import { ruledAs, rulesFor } from "./compiled-access.ts";
import { grantingGroups, labelled } from "./explain.ts";
import { closeGroups } from "./groups.ts";
import type { RecordRule, RightOperation } from "./policy.ts";

const words: readonly (readonly [RightOperation, string])[] = [
  ["read", "read"],
  ["write", "change"],
  ["create", "create"],
  ["delete", "delete"],
  ["export", "export"],
  ["import", "import"],
];

/**
 * Who may do what, for a person who is no engineer: one block a model, one line for each role and set of
 * operations, the rules numbered below. Pure, so that a golden file can be compared with it; the order
 * depends on names alone.
 */
export function accessMatrix(registry: Registry): string {
  const models = [...registry.models.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const roles = rolesOf(registry);
  return `${introduction}\n${models.map((model) => block(registry, model, roles)).join("\n")}`;
}

const introduction = `WHO MAY DO WHAT

Whatever does not stand here is refused. A role can do what is listed for it, with the records that its
numbered rules allow, before and after the change; "all records" means that no rule binds it. A field
that is not for everyone does not exist for the others. An administrator can add rights within these
limits, and rules that take away; see decision 15.
`;

interface Role {
  readonly key: GroupKey;
  readonly label: string;
  /** With all that it implies. */
  readonly groups: ReadonlySet<GroupKey>;
}

/** Every declared group, and the holders of links that only rights name. */
function rolesOf(registry: Registry): Role[] {
  const named = registry.apps.flatMap((app) => (app.rights ?? []).map((right) => right.group));
  const keys = [...new Set([...registry.groups.keys(), ...named])].sort();
  return keys.map((key) => ({ ...labelled(registry, key), groups: closeGroups(registry.groups, [key]) }));
}

function block(registry: Registry, model: Model, roles: readonly Role[]): string {
  const rules = modelRules(registry, model);
  const lines = roles.flatMap((role) => roleLines(registry, model, role, rules));
  const fields = Object.entries(model.fields).flatMap(([name, field]) => fieldLine(registry, name, field));
  const all = [
    `${model.label} (${model.name})`,
    ...(lines.length > 0 ? lines : ["  nobody but the product itself"]),
    ...rules.map((rule, i) => `    ${i + 1}  ${rule.label}: ${rule.condition}`),
    ...fields,
    ...(rules.some(binds) ? Object.entries(model.fields).flatMap(uniqueLine) : []),
  ];
  return `${all.join("\n")}\n`;
}

function modelRules(registry: Registry, model: Model): RecordRule[] {
  const rules = registry.apps.flatMap((app) => app.rules ?? []);
  return rules.filter((rule) => rule.model === model.name).sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** One line for the operations that the same rules bind. */
function roleLines(registry: Registry, model: Model, role: Role, rules: readonly RecordRule[]): string[] {
  const byExtent = new Map<string, string[]>();
  for (const [operation, word] of words) {
    if (!grantingGroups(registry, model, operation).some((key) => role.groups.has(key))) continue;
    const extent = extentOf(registry, model, role, { operation, rules });
    byExtent.set(extent, [...(byExtent.get(extent) ?? []), word]);
  }
  return [...byExtent].map(
    ([extent, may]) => `  ${role.label.padEnd(36)} ${may.join(", ").padEnd(30)} ${extent}`,
  );
}

function extentOf(
  registry: Registry,
  model: Model,
  role: Role,
  { operation, rules }: { readonly operation: RightOperation; readonly rules: readonly RecordRule[] },
): string {
  const { global, ofGroups } = rulesFor(registry, role, model, ruledAs[operation]);
  const number = (rule: RecordRule) => String(rules.indexOf(rule) + 1);
  const binding = global.filter(binds).map(number).sort(byNumber);
  const own = ofGroups.every(binds) ? ofGroups.map(number).sort(byNumber) : [];
  const one = own.length > 1 && binding.length > 0 ? `(${own.join(" or ")})` : own.join(" or ");
  const parts = one === "" ? binding : [...binding, one];
  return parts.length === 0 ? "all records" : `where ${parts.join(" and ")}`;
}

function binds(rule: RecordRule): boolean {
  return rule.condition.trim() !== "true";
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}

/** Known and bounded: whoever may write it learns that some record, perhaps a hidden one, has the value. */
function uniqueLine([name, field]: readonly [string, Field]): string[] {
  if (field.unique !== true || field.readonly === true || field.secret === true) return [];
  return [`    field ${name}: no two records alike, hidden ones counted`];
}

function fieldLine(registry: Registry, name: string, field: Field): string[] {
  if (field.secret === true) return [`    field ${name}: nobody but the product itself`];
  if (field.related !== undefined)
    return [`    field ${name}: whoever may read each step of ${field.related}`];
  if (field.groups === undefined) return [];
  const labels = field.groups.map((key) => labelled(registry, key).label);
  return [`    field ${name}: only ${labels.join(", ")}`];
}
