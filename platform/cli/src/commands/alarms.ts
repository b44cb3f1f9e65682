import { listAlarms } from "@holdfast/protocol/control-methods";
import { type Command, table } from "./command.ts";

/** `alarms`: what should be there and is not. Exit code 1 while something is critical, or nobody looks. */
export const alarmCommands: readonly Command[] = [
  {
    name: "alarms",
    help: "list what is wrong now: missing backups and proofs, silent vaults and schedules",
    arguments: [],
    options: [{ name: "look", help: "look now instead of telling what the last look found" }],
    run: async ({ control, options }) => {
      const found = await control(listAlarms, { look: options["look"] === true });
      const rows = found.alarms.map(({ severity, since, sentence, hint }) => [
        severity,
        since.slice(0, 16).replace("T", " "),
        sentence,
        hint ?? "",
      ]);
      const silent = found.isSilent
        ? `Nobody looks for alarms: the last look was ${found.lookedAt?.slice(0, 16).replace("T", " ") ?? "never"}.\n`
        : "";
      const isBad = found.isSilent || found.alarms.some(({ severity }) => severity === "critical");
      return {
        json: found,
        text: silent + table(rows, ["SEVERITY", "SINCE", "WHAT", "WHAT TO DO"], "No alarms."),
        exitCode: isBad ? 1 : 0,
      };
    },
  },
];
