import { applySchemaOf, planSchemas, type SchemaPlanOf } from "@holdfast/protocol/schema-methods";
import type { Command } from "./command.ts";

/** `schema …`. */
export const schemaCommands: readonly Command[] = [
  {
    name: "schema plan",
    help: "what it takes to bring databases to this version: migrations, additions, and what is refused",
    arguments: [{ name: "CUSTOMER", optional: true }],
    options: [],
    async run({ words: [customer], control }) {
      const { databases } = await control(planSchemas, customer === undefined ? {} : { customer });
      return {
        json: { databases },
        text: databases.map(told).join("") || "There are no running databases.\n",
        exitCode: databases.some(({ refusals }) => refusals.length > 0) ? 1 : 0,
      };
    },
  },
  {
    name: "schema apply",
    help: "carry the plan of one customer out; nothing is changed when a part of it fails",
    arguments: [{ name: "CUSTOMER" }],
    options: [],
    async run({ words: [customer = ""], control }) {
      const done = await control(applySchemaOf, { customer }, `upgrading ${customer}`);
      return { json: done, text: `${customer} has the schema of this version.\n` };
    },
  },
];

function told({ customer, migrations, steps, refusals }: SchemaPlanOf): string {
  const lines = [
    ...migrations.flatMap((one) => [
      `migration ${one.app} ${one.number}: ${one.label}`,
      ...one.steps.map((step) => `  ${step}`),
    ]),
    ...steps,
    ...refusals.map((refusal) => `refused without a migration: ${refusal}`),
  ];
  const all = lines.length > 0 ? lines : ["nothing to do"];
  return `${customer}\n${all.map((line) => `  ${line}\n`).join("")}`;
}
