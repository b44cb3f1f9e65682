import { ExpectedError } from "@holdfast/kernel/errors";
import type { BackupId } from "@holdfast/kernel/id";
import { parseId } from "@holdfast/kernel/id";
import {
  type backupSchema,
  healCustomerBackup,
  listCustomerBackups,
  proveCustomerBackup,
  restoreCustomerBackup,
  takeCustomerBackup,
  verifyCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { retireCustomerBackup } from "@holdfast/protocol/retention-methods";
import type { z } from "zod";
import type { OptionValues } from "../option-table.ts";
import { type Answer, type Command, table } from "./command.ts";

type Backup = z.output<typeof backupSchema>;

/** Chooses a backup of a customer. */
export const whichBackup = { name: "backup", value: "ID", help: "which one (default the newest)" } as const;

/** `backup …`. */
export const backupCommands: readonly Command[] = [
  {
    name: "backup take",
    help: "write one encrypted backup to every vault and read it back",
    arguments: [{ name: "CUSTOMER" }],
    options: [],
    async run({ words: [customer = ""], control }) {
      return about(await control(takeCustomerBackup, { customer }, `backing up ${customer}`));
    },
  },
  {
    name: "backup retire",
    help: "delete a backup that the plan needs no more, once a newer one is proven",
    arguments: [{ name: "CUSTOMER" }],
    options: [{ name: "backup", value: "ID", help: "which one (default the oldest that may go)" }],
    async run({ words: [customer = ""], options, control }) {
      const input = { customer, ...chosenBackup(options) };
      const retired = await control(retireCustomerBackup, input, `deleting a backup of ${customer}`);
      return { json: retired, text: `${retired.backupId} is deleted from every vault.\n` };
    },
  },
  {
    name: "backup list",
    help: "backups with the state of each copy",
    arguments: [{ name: "CUSTOMER", optional: true }],
    options: [],
    async run({ words: [customer], control }) {
      const { backups } = await control(listCustomerBackups, customer === undefined ? {} : { customer });
      const rows = backups.map((backup) => [
        backup.customer,
        backup.takenAt,
        standing(backup),
        backup.bytes === null ? "" : `${Math.ceil(backup.bytes / 1_000)} kB`,
        copies(backup),
        backup.backupId,
      ]);
      const head = ["CUSTOMER", "TAKEN", "STATE", "SIZE", "COPIES", "ID"];
      return { json: { backups }, text: table(rows, head, "There are no backups.") };
    },
  },
  {
    name: "backup verify",
    help: "read every copy back and authenticate each piece",
    arguments: [{ name: "CUSTOMER" }],
    options: [whichBackup],
    async run({ words: [customer = ""], options, control }) {
      return about(
        await control(
          verifyCustomerBackup,
          { customer, ...chosenBackup(options) },
          `verifying a backup of ${customer}`,
        ),
      );
    },
  },
  {
    name: "backup prove",
    help: "restore a backup into a scratch database, compare every row and file with its manifest, drop it",
    arguments: [{ name: "CUSTOMER" }],
    options: [whichBackup],
    async run({ words: [customer = ""], options, control }) {
      const input = { customer, ...chosenBackup(options) };
      const answer = about(await control(proveCustomerBackup, input, `proving a backup of ${customer}`));
      return { ...answer, text: `${answer.text}  proven: restored, and every row and file compared\n` };
    },
  },
  {
    name: "backup heal",
    help: "copy an intact copy to the vaults where it is damaged or missing, and read all back",
    arguments: [{ name: "CUSTOMER" }],
    options: [whichBackup],
    async run({ words: [customer = ""], options, control }) {
      const healed = await control(
        healCustomerBackup,
        { customer, ...chosenBackup(options) },
        `healing a backup of ${customer}`,
      );
      const answer = about(healed);
      const lines = [
        healed.from === null
          ? "every copy was whole already"
          : `copied from ${healed.from} to ${healed.healed.join(", ") || "no vault"}`,
        ...healed.failed.map(({ vault, reason }) => `${vault} did not take it: ${reason}`),
      ];
      return { ...answer, text: `${lines.map((line) => `  ${line}\n`).join("")}${answer.text}` };
    },
  },
  {
    name: "backup restore",
    help: "restore on the side, neutralized (--as), and compare with the manifest; over the live database: restore live",
    arguments: [{ name: "CUSTOMER" }],
    options: [
      whichBackup,
      { name: "as", value: "NAME", help: "on the side under this name, neutralized: nothing goes out" },
    ],
    async run({ words: [customer = ""], options, control }) {
      const as = typeof options["as"] === "string" ? { as: options["as"] } : {};
      const restored = await control(
        restoreCustomerBackup,
        { customer, ...chosenBackup(options), ...as },
        `restoring ${customer}`,
      );
      const { summary, refused, equal, differences } = restored;
      const text = [
        `${restored.customer.url} from the copy in ${restored.vault}: ${summary.rows} rows in ${summary.tables} tables, ${summary.files} files`,
        ...refused.map(({ vault, reason }) => `  the copy in ${vault} was refused: ${reason}`),
        equal
          ? "  every row and file equals the manifest: the backup is proven"
          : `  differs from the manifest: ${differences.join("; ")}`,
        "",
      ];
      return { json: restored, text: text.join("\n"), exitCode: equal ? 0 : 1 };
    },
  },
];

/** The backup that was named; none: the newest. @throws ExpectedError `bad_request` when it is no id. */
export function chosenBackup(options: OptionValues): { backupId?: BackupId } {
  const text = options["backup"];
  if (text === undefined) return {};
  const backupId = parseId<"backup">(String(text));
  if (backupId === undefined)
    throw new ExpectedError("bad_request", `"${text}" is no backup's id`, {
      hint: "bin/holdfast backup list shows them",
    });
  return { backupId };
}

const origins = { taken: [], safety: ["before a restore"], imported: ["imported"] } as const;

function standing({ deleteAfter, state, proven, origin }: Backup): string {
  if (deleteAfter !== null) return `to be deleted after ${deleteAfter}`;
  return [state, ...(proven ? ["proven"] : []), ...origins[origin]].join(", ");
}

function about(result: { readonly backup: Backup }): Answer {
  const { backup } = result;
  const rows = backup.summary
    ? `, ${backup.summary.rows} rows in ${backup.summary.tables} tables, ${backup.summary.files} files`
    : "";
  return {
    json: result,
    text: `${backup.backupId} of ${backup.customer} is ${backup.state}${rows}\n  ${copies(backup)}\n${advice(backup)}`,
    exitCode: backup.state === "stored" ? 0 : 1,
  };
}

function advice({ state, copies, customer, backupId }: Backup): string {
  if (state !== "damaged" && state !== "partial") return "";
  return copies.some((copy) => copy.state === "stored")
    ? `To make it whole from an intact copy: bin/holdfast backup heal ${customer} --backup ${backupId}\n`
    : `No copy is intact: take another now with bin/holdfast backup take ${customer}\n`;
}

function copies(backup: Backup): string {
  const told = backup.copies.map((copy) =>
    copy.state === "damaged" ? `${copy.vault} damaged at byte ${copy.atByte}` : `${copy.vault} ${copy.state}`,
  );
  return told.join(", ");
}
