import { ExpectedError } from "@holdfast/kernel/errors";
import { checkText, ownCondition } from "../sql/schema/check-text.ts";
import { isAutomatic } from "./automatic.ts";
import type { Field } from "./field.ts";
import { isKeyed } from "./keyed.ts";
import type { Compute, Freeze, Model, SqlConstraint } from "./model.ts";
import { didYouMean } from "./nearest.ts";
import type { Registry } from "./registry.ts";
import { isDerived, isStored, isX2many } from "./storage.ts";
import { cascadeClosure } from "./trash/relations.ts";
import { trashModel } from "./trash/trash-model.ts";
import { derivedProblems } from "./verify-derived.ts";

const modelName = /^[a-z][a-z0-9]*(?:[._][a-z0-9]+)*$/;
const fieldName = /^[a-z][a-z0-9_]{0,58}$/;
/** Columns of pair tables, and what our own statements call a row. */
const takenNames = new Set(["left_id", "right_id", "hf_row"]);

/** What is wrong with one merged model. */
export function modelProblems(registry: Registry, model: Model): string[] {
  return [
    ...(modelName.test(model.name) ? [] : ["its name is not lower-case words with dots"]),
    ...Object.entries(model.fields).flatMap(([name, field]) => fieldProblems(registry, model, name, field)),
    ...displayProblems(model),
    ...orderProblems(registry, model),
    ...(model.computes ?? []).flatMap((compute) => computeProblems(registry, model, compute)),
    ...computedTwice(model),
    ...(model.checks ?? []).flatMap((check) => [
      ...unknownFields(registry, model, "a check", check.fields),
      ...unstored(model, "a check", check.fields),
    ]),
    ...(model.constraints ?? []).flatMap((one) => constraintProblems(registry, model, one)),
    ...unknownFields(registry, model, "searchFields", model.searchFields ?? []),
    ...unstored(model, "searchFields", model.searchFields ?? []),
    ...trashProblems(registry, model),
    ...(model.freezes ?? []).flatMap((one) => freezeProblems(registry, model, one)),
  ];
}

function freezeProblems(registry: Registry, model: Model, { fields, open }: Freeze): string[] {
  const several = fields.filter((name) => {
    const field = registry.field(model, name);
    return field !== undefined && (isKeyed(field) || isX2many(field.kind));
  });
  return [
    ...unknownFields(registry, model, "a freeze", fields),
    ...unstored(model, "a freeze", fields),
    ...several.map((name) => `a freeze names "${name}", which has several values`),
    ...ownConditionProblems(model, open),
  ];
}

/** What lies in a trash comes back as it was: a secret, or one of our own tables, would let somebody in again. */
function trashProblems(registry: Registry, model: Model): string[] {
  if (model.trash !== true) return [];
  const closure = [...cascadeClosure(registry, model)];
  const secret = closure.filter(
    ({ name, fields }) => name.startsWith("hf.") || Object.values(fields).some((field) => field.secret),
  );
  return [
    ...(registry.models.has(trashModel.name) ? [] : [`its trash needs the model "${trashModel.name}"`]),
    ...secret.map(({ name }) => `its trash would bring secrets back: "${name}" goes with it and has some`),
  ];
}

function ownConditionProblems(model: Model, text: string): string[] {
  try {
    ownCondition(model, text);
    return [];
  } catch (error) {
    if (error instanceof ExpectedError) return [`freeze "${text}": ${error.message}`];
    throw error;
  }
}

function fieldProblems(registry: Registry, model: Model, name: string, field: Field): string[] {
  const problems: string[] = [];
  if (!fieldName.test(name) || takenNames.has(name) || isAutomatic(name))
    problems.push(`"${name}" is no name for a field`);
  if (field.target !== undefined) problems.push(...targetProblems(registry, model, name, field));
  problems.push(...keyedProblems(name, field), ...referenceProblems(registry, name, field));
  problems.push(...derivedProblems(registry, model, name, field));
  const currency = model.fields[field.currencyField ?? ""];
  if (isStored(field) && currency !== undefined && isDerived(currency) && !field.readonly)
    problems.push(
      `field "${name}": its currency is read from elsewhere, so nobody but a compute may write it`,
    );
  if (field.currencyField !== undefined && model.fields[field.currencyField]?.kind !== "many2one")
    problems.push(
      `money "${name}": "${field.currencyField}" is no many2one of the model${near(model, field.currencyField)}`,
    );
  for (const group of field.groups ?? [])
    if (!registry.groups.has(group))
      problems.push(`field "${name}": no group "${group}"${didYouMean(group, registry.groups.keys())}`);
  return problems;
}

function referenceProblems(
  registry: Registry,
  name: string,
  { targets = [], unique, kind }: Field,
): string[] {
  if (kind !== "reference") return [];
  return [
    ...targets
      .filter((target) => !registry.models.has(target))
      .map(
        (target) =>
          `field "${name}" refers to model "${target}", which is not there${didYouMean(target, registry.models.keys())}`,
      ),
    ...(targets.length === 0 ? [`field "${name}" refers to no model`] : []),
    ...(unique ? [`field "${name}" refers to records that may be hidden: it cannot be unique`] : []),
  ];
}

/** What several values in one field cannot be. */
function keyedProblems(name: string, field: Field): string[] {
  if (!isKeyed(field)) return [];
  const problems = [
    field.translated && field.perCompany && "has values by language or by company, not by both",
    field.unique && "has several values in one record: none of them can be unique",
    field.perCompany &&
      field.required &&
      field.kind !== "boolean" &&
      "is kept for each company: it cannot be required",
    field.perCompany && field.index && "is kept for each company: it has no index",
  ];
  return problems
    .filter((problem) => typeof problem === "string")
    .map((problem) => `field "${name}" ${problem}`);
}

function targetProblems(registry: Registry, model: Model, name: string, field: Field): string[] {
  const target = registry.models.get(field.target ?? "");
  if (target === undefined)
    return [
      `field "${name}" refers to model "${field.target}", which is not there${didYouMean(field.target ?? "", registry.models.keys())}`,
    ];
  if (field.kind === "many2one" && field.required && field.onDelete === "set null")
    return [`field "${name}" is required, so deleting its target cannot unset it`];
  if (field.kind !== "one2many") return [];
  const inverse = target.fields[field.inverse ?? ""];
  if (inverse?.kind === "many2one" && !isDerived(inverse) && inverse.target === model.name) return [];
  return [
    `field "${name}": "${field.inverse}" of "${target.name}" is no many2one to "${model.name}"${near(target, field.inverse ?? "")}`,
  ];
}

function displayProblems(model: Model): string[] {
  const kind = model.fields[model.displayName]?.kind;
  return (kind === "text" || kind === "longText") && !isDerived(model.fields[model.displayName] as Field)
    ? []
    : [`its display name "${model.displayName}" is no text field${near(model, model.displayName)}`];
}

function orderProblems(registry: Registry, model: Model): string[] {
  const names = model.order.split(",").map((term) => term.trim().split(/\s+/)[0] ?? "");
  return [...unknownFields(registry, model, "its order", names), ...unstored(model, "its order", names)];
}

/** What stands in no table serves neither an order nor a search, nor does a change of it set anything off. */
function unstored(model: Model, where: string, names: readonly string[]): string[] {
  return names
    .filter((name) => Object.hasOwn(model.fields, name) && isDerived(model.fields[name] as Field))
    .map((name) => `${where} names field "${name}", which is not stored`);
}

function unknownFields(registry: Registry, model: Model, where: string, names: readonly string[]): string[] {
  return names
    .filter((name) => registry.field(model, name) === undefined)
    .map((name) => `${where} names field "${name}", which is not there${near(model, name)}`);
}

function constraintProblems(registry: Registry, model: Model, constraint: SqlConstraint): string[] {
  if ("unique" in constraint)
    return constraint.unique.flatMap((name) => {
      const field = registry.field(model, name);
      if (field !== undefined && (isKeyed(field) || field.kind === "reference"))
        return [`a constraint names "${name}", whose value depends on who asks`];
      return field !== undefined && isStored(field)
        ? []
        : [`a constraint names "${name}", which is no stored field${near(model, name)}`];
    });
  try {
    checkText(model, constraint.check);
    return [];
  } catch (error) {
    if (error instanceof ExpectedError) return [`check "${constraint.check}": ${error.message}`];
    throw error;
  }
}

/** A required field that has nothing to hold until it is computed could not be inserted. */
const holdsPlaceholder = new Set<Field["kind"]>([
  "text",
  "longText",
  "html",
  "integer",
  "decimal",
  "money",
  "boolean",
]);

function computeProblems(registry: Registry, model: Model, compute: Compute): string[] {
  const problems = compute.dependsOn.flatMap((path) => [
    ...pathProblems(registry, model, path),
    ...ofCompanies(registry, model, path),
  ]);
  for (const name of compute.fields) {
    const field = model.fields[name];
    if (field === undefined || !isStored(field))
      problems.push(`a compute names "${name}", which is no stored field${near(model, name)}`);
    else if (field.required && field.default === undefined && !holdsPlaceholder.has(field.kind))
      problems.push(`computed field "${name}" is required: give it a default to hold until it is computed`);
    if (field !== undefined) problems.push(...toldByCompute(registry, model, compute, [name, field]));
  }
  return problems;
}

/** A value computed from one that not everybody may read tells it: it is for the same people, or for fewer. */
function toldByCompute(
  registry: Registry,
  start: Model,
  compute: Compute,
  [name, computed]: readonly [string, Field],
): string[] {
  if (computed.secret === true) return [];
  return compute.dependsOn.flatMap((path) => {
    let model = start;
    return path.split(".").flatMap((step) => {
      const field = registry.field(model, step);
      model = registry.models.get(field?.target ?? "") ?? model;
      const allowed = field?.groups;
      const hidden =
        field?.secret === true ||
        (allowed !== undefined && !(computed.groups?.every((group) => allowed.includes(group)) ?? false));
      return hidden
        ? [`computed field "${name}" would tell "${path}", which is not for everyone who may read "${name}"`]
        : [];
    });
  });
}

/** What is computed from one company's value would be told to all others, or be wrong for them. */
function ofCompanies(registry: Registry, start: Model, path: string): string[] {
  let model = start;
  return path.split(".").flatMap((step) => {
    const field = registry.field(model, step);
    model = registry.models.get(field?.target ?? "") ?? model;
    return field?.perCompany ? [`a compute depends on "${path}", which has a value for each company`] : [];
  });
}

function pathProblems(registry: Registry, start: Model, path: string): string[] {
  let model = start;
  const steps = path.split(".");
  for (const [i, name] of steps.entries()) {
    const field = registry.field(model, name);
    if (field === undefined)
      return [`a compute depends on "${path}": "${model.name}" has no field "${name}"${near(model, name)}`];
    if (isDerived(field)) return [`a compute depends on "${path}", whose "${name}" is not stored`];
    if (i === steps.length - 1) return [];
    const target = registry.models.get(field.target ?? "");
    if (target === undefined)
      return [`a compute depends on "${path}": "${name}" of "${model.name}" is no relation`];
    model = target;
  }
  return [];
}

function computedTwice(model: Model): string[] {
  const names = (model.computes ?? []).flatMap((compute) => compute.fields);
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))].map(
    (name) => `field "${name}" is computed by two computes`,
  );
}

function near(model: Model, name: string): string {
  return didYouMean(name, Object.keys(model.fields));
}
