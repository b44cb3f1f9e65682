import { ExpectedError } from "@holdfast/kernel/errors";
import type { OutputOf } from "@holdfast/protocol/method";
import { listParts, lookAtBackupParts, restoreBackupParts } from "@holdfast/protocol/parts-methods";
import { chosenBackup, whichBackup } from "./backups.ts";
import type { Command } from "./command.ts";
import { confirm } from "./confirm.ts";

const modelsOption = {
  name: "models",
  value: "A,B",
  help: "what to bring back, as `restore offered` lists it",
} as const;
const replaceOption = {
  name: "replace",
  help: "exactly as in the backup: what was added since is removed",
} as const;

/** `restore offered`, `restore compare` and `restore parts`: chosen models of a backup into the live database. */
export const partsCommands: readonly Command[] = [
  {
    name: "restore offered",
    help: "which records of a customer can be brought back by themselves",
    arguments: [{ name: "CUSTOMER" }],
    options: [],
    async run({ words: [customer = ""], control }) {
      const offered = await control(listParts, { customer });
      return {
        json: offered,
        text: offered.models.map(({ model, label }) => `${model}  ${label}\n`).join(""),
      };
    },
  },
  {
    name: "restore compare",
    help: "what bringing parts of a backup back would change in the live database; changes nothing",
    arguments: [{ name: "CUSTOMER" }],
    options: [whichBackup, modelsOption, replaceOption],
    async run({ words: [customer = ""], options, control }) {
      const wish = { customer, ...chosenBackup(options), ...chosenParts(options) };
      const looked = await control(lookAtBackupParts, wish, `comparing a backup with ${customer}`);
      return {
        json: looked,
        text: linesOf(looked.parts),
        exitCode: looked.parts.dangling.length > 0 ? 1 : 0,
      };
    },
  },
  {
    name: "restore parts",
    help: "bring parts of a backup back into the live database, in one moment; a safety backup first",
    arguments: [{ name: "CUSTOMER" }],
    options: [
      whichBackup,
      modelsOption,
      replaceOption,
      { name: "yes", value: "NAME", help: "its name once more, instead of being asked" },
    ],
    async run({ words: [customer = ""], options, control, screen }) {
      const wish = { customer, ...chosenBackup(options), ...chosenParts(options) };
      const looked = await control(lookAtBackupParts, wish, `comparing a backup with ${customer}`);
      const dies = `${linesOf(looked.parts)}This changes those records of ${customer}; all others stay as they are.`;
      await confirm(screen, { dies, name: customer, given: options["yes"] });
      const brought = await control(
        restoreBackupParts,
        { ...wish, backupId: looked.backupId, confirm: customer },
        `bringing parts of ${customer} back`,
      );
      const undo = `bin/holdfast restore parts ${customer} --backup ${brought.safetyBackup} --models ${wish.models.join(",")} --replace`;
      return { json: brought, text: `${linesOf(brought.parts)}to undo it: ${undo}\n` };
    },
  },
];

function chosenParts(options: Readonly<Record<string, string | true | undefined>>) {
  const models = String(options["models"] ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (models.length === 0)
    throw new ExpectedError("bad_request", "nothing was chosen", { hint: "add --models res.partner,…" });
  return { models, mode: options["replace"] === true ? ("replace" as const) : ("merge" as const) };
}

function linesOf({ tables, dangling, applied }: OutputOf<typeof lookAtBackupParts>["parts"]): string {
  const would = applied ? "" : "would be ";
  return [
    ...tables.map(
      ({ table, added, changed, removed, unchanged }) =>
        `  ${table}: ${added} ${would}brought back, ${changed} set back, ${removed} removed, ${unchanged} as they are\n`,
    ),
    ...dangling.map(
      ({ table, column, target, rows }) =>
        `  NO: ${rows} of ${table} would refer by "${column}" to records of ${target} that are not there then\n`,
    ),
  ].join("");
}
