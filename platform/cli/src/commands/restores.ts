import {
  forgetReplaced,
  preflightRestore,
  restoreOverLive,
  undoLastRestore,
} from "@holdfast/protocol/control-methods";
import { chosenBackup, whichBackup } from "./backups.ts";
import type { Command } from "./command.ts";
import { confirm } from "./confirm.ts";
import { preflightLines } from "./preflight-lines.ts";

const yes = { name: "yes", value: "NAME", help: "its name once more, instead of being asked" } as const;

/** `restore …`: over the live database. On the side is `backup restore --as`. */
export const restoreCommands: readonly Command[] = [
  {
    name: "restore check",
    help: "whether a backup can be restored over the live database, and how long it takes; changes nothing",
    arguments: [{ name: "CUSTOMER" }],
    options: [whichBackup],
    async run({ words: [customer = ""], options, control }) {
      const input = { customer, ...chosenBackup(options) };
      const seen = await control(preflightRestore, input, `looking at a backup of ${customer}`);
      return { json: seen, text: preflightLines(seen), exitCode: seen.ready ? 0 : 1 };
    },
  },
  {
    name: "restore live",
    help: "put a backup in the live database's place; a safety backup first, it serves until the swap",
    arguments: [{ name: "CUSTOMER" }],
    options: [
      whichBackup,
      yes,
      {
        name: "without-safety-backup",
        help: "when the live database is too damaged to be backed up; it is kept for undoing all the same",
      },
    ],
    async run({ words: [customer = ""], options, control, screen }) {
      const which = { customer, ...chosenBackup(options) };
      const seen = await control(preflightRestore, which, `looking at a backup of ${customer}`);
      const dies = `${preflightLines(seen)}This puts ${customer} back to ${seen.takenAt}. What was written since goes out of sight; for 72 hours it can be undone.`;
      await confirm(screen, { dies, name: customer, given: options["yes"] });
      const restored = await control(
        restoreOverLive,
        {
          customer,
          backupId: seen.backupId,
          confirm: customer,
          withoutSafetyBackup: options["without-safety-backup"] === true,
        },
        `restoring ${customer}`,
      );
      const { summary, vault, safetyBackup, undoUntil, swapMilliseconds } = restored;
      const lines = [
        `${customer} is as it was at ${seen.takenAt}: ${summary.rows} rows, ${summary.files} files, from the copy in ${vault}`,
        `  swapped in ${swapMilliseconds} ms; safety backup ${safetyBackup ?? "none, as you wished"}`,
        `  until ${undoUntil}: bin/holdfast restore undo ${customer}`,
        "",
      ];
      return { json: restored, text: lines.join("\n") };
    },
  },
  {
    name: "restore undo",
    help: "put back what the last restore replaced; what is live now is kept in its place",
    arguments: [{ name: "CUSTOMER" }],
    options: [yes],
    async run({ words: [customer = ""], options, control, screen }) {
      const dies = `This puts ${customer} back to the moment before its last restore. What was written since can be had back by undoing again.`;
      await confirm(screen, { dies, name: customer, given: options["yes"] });
      const undone = await control(undoLastRestore, { customer, confirm: customer }, `undoing the restore`);
      return {
        json: undone,
        text: `${customer} is as before the restore; undo again until ${undone.undoUntil}\n`,
      };
    },
  },
  {
    name: "restore forget",
    help: "remove what the last restore replaced before its time, for room",
    arguments: [{ name: "CUSTOMER" }],
    options: [yes],
    async run({ words: [customer = ""], options, control, screen }) {
      const dies = `After this the last restore of ${customer} cannot be undone; its safety backup stays.`;
      await confirm(screen, { dies, name: customer, given: options["yes"] });
      const forgotten = await control(forgetReplaced, { customer, confirm: customer }, "removing it");
      return { json: forgotten, text: "It is removed.\n" };
    },
  },
];
