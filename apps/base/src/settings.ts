import type { Environment } from "@holdfast/framework/model/environment";
import { integer, longText, many2one, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";
import { refusal } from "@holdfast/framework/modules/refusal";

/** Gives out numbers of documents: `S00001`. */
export const sequenceModel = defineModel({
  name: "ir.sequence",
  label: "Numbering",
  displayName: "name",
  order: "code",
  fields: {
    name: text({ label: "Name", required: true }),
    code: text({ label: "Code", required: true, unique: true, maxLength: 64 }),
    prefix: text({ label: "Begins with", maxLength: 32 }),
    padding: integer({ label: "Digits", required: true, default: 5 }),
    number_next: integer({ label: "Next number", required: true, default: 1 }),
    company_id: many2one("res.company", { label: "Company", onDelete: "cascade" }),
  },
  checks: [
    {
      fields: ["padding", "number_next"],
      violation: ({ padding, number_next }) =>
        Number(padding) >= 0 && Number(padding) <= 20 && Number(number_next) >= 1
          ? undefined
          : "A numbering has 0 to 20 digits and starts at 1 or later.",
    },
  ],
});

/** Settings of this database, by key. */
export const configParameterModel = defineModel({
  name: "ir.config_parameter",
  label: "Parameter",
  displayName: "key",
  order: "key",
  fields: {
    key: text({ label: "Key", required: true, unique: true, maxLength: 128 }),
    value: longText({ label: "Value", required: true }),
  },
});

/** What a record is called by an import or another system: `__import__.partner_17`. */
export const externalIdModel = defineModel({
  name: "ir.model.data",
  label: "External identifier",
  displayName: "complete_name",
  order: "complete_name",
  fields: {
    complete_name: text({ label: "External identifier", required: true, index: true, maxLength: 256 }),
    module: text({ label: "Source", required: true, maxLength: 128 }),
    name: text({ label: "Name", required: true, maxLength: 128 }),
    model: text({ label: "Model", required: true, index: true, maxLength: 128 }),
    res_id: integer({ label: "Record", required: true }),
  },
  constraints: [
    {
      // Not of a name alone: the refusal would tell that a hidden record has it.
      unique: ["complete_name", "model", "res_id"],
      message: "The record has this external identifier already.",
    },
  ],
});

/**
 * Takes the next `count` numbers of a sequence, in order. Call it in the transaction that uses them: what
 * rolls back gives its numbers back, so there are no gaps; two at once wait or are retried.
 *
 * @throws `not_found` when no sequence has the code.
 */
export async function nextNumbers(env: Environment, code: string, count: number): Promise<string[]> {
  return env.system("numbers of documents are given out by the database", async (system) => {
    const row = await system
      .of(sequenceModel)
      .advance([["code", "=", code]], "number_next", count, ["prefix", "padding", "number_next"]);
    if (row === undefined)
      throw refusal("not_found", `There is no numbering "${code}".`, "Add it under Settings, Numbering.");
    const first = row.number_next - count;
    return Array.from(
      { length: count },
      (_, at) => `${row.prefix ?? ""}${String(first + at).padStart(row.padding, "0")}`,
    );
  });
}

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "ir.sequence": typeof sequenceModel;
    readonly "ir.config_parameter": typeof configParameterModel;
    readonly "ir.model.data": typeof externalIdModel;
  }
}
