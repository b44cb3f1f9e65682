import { readFileSync, statSync } from "node:fs";
import { ExpectedError } from "@holdfast/kernel/errors";
import {
  addPlatformVault,
  checkCatalogs,
  checkPlatformVaults,
  listPlatformVaults,
  rebuildCatalog,
  removePlatformVault,
} from "@holdfast/protocol/retention-methods";
import { type VaultCheck, vaultSettingsSchema } from "@holdfast/protocol/vault-methods";
import { type Command, table } from "./command.ts";
import { confirm } from "./confirm.ts";

/** `vault …` and `catalog …`. */
export const vaultCommands: readonly Command[] = [
  {
    name: "vault list",
    help: "the vaults, where they stand, what each holds and misses",
    arguments: [],
    options: [],
    async run({ control }) {
      const listed = await control(listPlatformVaults, {});
      const rows = listed.vaults.map((vault) => [
        vault.name,
        vault.kind,
        `${vault.dataCenter}, ${vault.country}${vault.simulated ? " (simulated)" : ""}`,
        vault.provider,
        vault.enforced ? "enforced" : "not enforced",
        vault.lock,
        String(vault.backups),
        String(vault.partial),
      ]);
      const head = ["NAME", "KIND", "WHERE", "PROVIDER", "WRITE-ONCE", "LOCK", "COPIES", "NOT WHOLE"];
      return { json: listed, text: table(rows, head, "There are no vaults.") };
    },
  },
  {
    name: "vault add",
    help: "add the vault that a file describes (docs/vaults.md), once it was seen to work",
    arguments: [{ name: "FILE" }],
    options: [],
    async run({ words: [file = ""], control }) {
      const check = await control(addPlatformVault, settingsIn(file), "trying the vault");
      return { json: check, text: `${check.vault} is added. ${measured(check)}\n` };
    },
  },
  {
    name: "vault check",
    help: "try each vault as its writer: put, read, list; then try to delete and to overwrite",
    arguments: [{ name: "NAME", optional: true }],
    options: [],
    async run({ words: [name], control }) {
      const checked = await control(
        checkPlatformVaults,
        name === undefined ? {} : { names: [name] },
        "trying the vaults",
      );
      const text = checked.checks.map((check) => `${check.vault}: ${measured(check)}\n`).join("");
      return { json: checked, text, exitCode: checked.checks.every(({ works }) => works) ? 0 : 1 };
    },
  },
  {
    name: "vault remove",
    help: "forget a vault; what is in it stays there",
    arguments: [{ name: "NAME" }],
    options: [{ name: "yes", value: "NAME", help: "its name once more, instead of being asked" }],
    async run({ words: [name = ""], options, control, screen }) {
      const dies = `Backups are no longer copied to ${name}, and its copies no longer count.`;
      await confirm(screen, { dies, name, given: options["yes"] });
      const removed = await control(removePlatformVault, { name });
      return {
        json: removed,
        text: removed.changed ? `${name} is forgotten.\n` : `There is no vault ${name}.\n`,
      };
    },
  },
  {
    name: "catalog check",
    help: "compare what the vaults hold with their signed catalogs: dropped, swapped, reordered, replayed",
    arguments: [{ name: "CUSTOMER", optional: true }],
    options: [],
    async run({ words: [customer], control }) {
      const seen = await control(
        checkCatalogs,
        customer === undefined ? {} : { customer },
        "reading the catalogs",
      );
      const rows = seen.findings.map((each) => [each.customer, each.vault, each.kind, each.what]);
      const none = `${seen.backups} backups of ${seen.customers} customers are as their catalogs say.`;
      return {
        json: seen,
        text: table(rows, ["CUSTOMER", "VAULT", "FOUND", "WHAT"], none),
        exitCode: rows.length === 0 ? 0 : 1,
      };
    },
  },
  {
    name: "catalog rebuild",
    help: "write down again what the vaults' catalogs know and the control database has lost",
    arguments: [],
    options: [],
    async run({ control }) {
      const rebuilt = await control(rebuildCatalog, {}, "reading every catalog");
      const { customers, customersMade, backupsMade, without, findings } = rebuilt;
      const lines = [
        `${customers} customers in the catalogs; ${customersMade} of them and ${backupsMade} backups were missing and are written down again.`,
        ...without.map((tenant) => `No vault has a catalog of ${tenant}.`),
        ...findings.map((each) => `${each.customer}: ${each.vault}: ${each.kind}: ${each.what}`),
      ];
      return { json: rebuilt, text: `${lines.join("\n")}\n`, exitCode: findings.length === 0 ? 0 : 1 };
    },
  },
];

/** @throws ExpectedError when others may read the file, or it describes no vault. */
function settingsIn(file: string) {
  let text: string;
  try {
    if ((statSync(file).mode & 0o077) !== 0)
      throw new ExpectedError("conflict", `${file} holds secrets and others may read it`, {
        hint: `chmod 600 ${file}`,
      });
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof ExpectedError) throw error;
    throw new ExpectedError("not_found", `cannot read ${file}`, { hint: "docs/vaults.md shows such a file" });
  }
  const parsed = vaultSettingsSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ExpectedError("invalid", `${file}: ${issue?.path.join(".")} ${issue?.message}`, {
    hint: "docs/vaults.md shows such a file",
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function measured({
  works,
  enforced,
  deletion,
  overwriting,
  reason,
  putMilliseconds,
  getMilliseconds,
}: VaultCheck): string {
  if (!works) return `does not work: ${reason}`;
  const once =
    enforced === true
      ? `write-once is enforced (deleting: ${deletion}, overwriting: ${overwriting})`
      : `write-once is NOT enforced (deleting: ${deletion}, overwriting: ${overwriting})`;
  return `works (put ${putMilliseconds} ms, get ${getMilliseconds} ms); ${once}`;
}
