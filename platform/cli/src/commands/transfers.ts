import { createWriteStream, existsSync, renameSync, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import { download, upload } from "@holdfast/protocol/call-bytes";
import { listCustomerBackups } from "@holdfast/protocol/control-methods";
import { downloadBackup, uploadBackup } from "@holdfast/protocol/transfer-methods";
import { sendZip } from "../send-zip.ts";
import { quoted, step } from "../terminal.ts";
import { chosenBackup, whichBackup } from "./backups.ts";
import type { Command, CommandContext } from "./command.ts";

const by = "an operator, at the command line";

/** `backup download` and `backup import`. */
export const transferCommands: readonly Command[] = [
  {
    name: "backup download",
    help: "a backup as one zip of dump.sql, filestore/ and manifest.json; goes on where it was broken off",
    arguments: [{ name: "CUSTOMER" }],
    options: [
      whichBackup,
      { name: "to", value: "FILE", help: "where to (default CUSTOMER-TIME.zip in this folder)" },
    ],
    async run(context) {
      const { words, options, screen } = context;
      const [customer = ""] = words;
      const backupId = await storedBackup(context);
      const given = typeof options["to"] === "string" ? options["to"] : undefined;
      const partOf = (file: string): string => `${file}.part`;
      const fromByte = given && existsSync(partOf(given)) ? statSync(partOf(given)).size : 0;
      const { head, body } = await download(context.folder.controlSocket, downloadBackup, {
        of: { customer },
        backupId,
        by,
        fromByte,
      });
      const file = given ?? head.fileName;
      if (existsSync(file))
        throw new ExpectedError("conflict", `${file} is there already`, { hint: "choose another with --to" });
      await step(screen, `downloading a backup of ${customer}`, async ({ show }) => {
        let done = fromByte;
        body.on("data", (piece: Buffer) => {
          done += piece.byteLength;
          show({ step: "receiving", done, total: head.bytes, unit: "bytes" });
        });
        await pipeline(body, createWriteStream(partOf(file), { flags: "a", mode: 0o600 }));
      });
      const { size } = statSync(partOf(file));
      if (size !== head.bytes)
        throw new ExpectedError("unavailable", `only ${size} of ${head.bytes} bytes came`, {
          hint: `run it again with --to ${file}: it goes on from there`,
        });
      renameSync(partOf(file), file);
      return {
        json: { file, bytes: size, backupId },
        text: `${file}: ${size} bytes. It holds everything in clear: keep it accordingly.\n`,
      };
    },
  },
  {
    name: "backup import",
    help: "take a downloaded zip in as a backup; goes on where it was broken off; FILE - is the standard input",
    arguments: [{ name: "CUSTOMER" }, { name: "FILE" }],
    options: [
      { name: "new", value: "MAIL", help: "as the beginning of a new customer, reached at this address" },
    ],
    async run({ words: [customer = "", file = ""], options, folder: { controlSocket }, config, screen }) {
      const isPiped = file === "-";
      if (!isPiped && !existsSync(file)) throw new ExpectedError("not_found", `there is no file ${file}`);
      const { new: email } = options;
      const into = typeof email === "string" ? { customer, email } : null;
      if (isPiped && into !== null)
        throw new ExpectedError("invalid", "a new customer begins with a file", {
          hint: "write it to a file first",
        });
      const of = into === null ? { customer } : { tenantId: config.controlTenantId };
      const taken = await step(screen, `importing ${file}`, ({ show }) =>
        isPiped
          ? upload(
              controlSocket,
              uploadBackup,
              { input: { of, by }, body: process.stdin },
              { onProgress: show },
            )
          : sendZip({ controlSocket, of, as: into, by, path: file, show }),
      );
      const { backupId, state, summary, from } = taken;
      const lines = [
        `${backupId} of ${customer} is ${state}: ${summary.rows} rows in ${summary.tables} tables, ${summary.files} files`,
        `  it says that it is ${quoted(from.name)} at ${from.takenAt}`,
        ...(into ? nowRestored(customer) : howToRestore(customer, backupId)),
        "",
      ];
      return { json: taken, text: lines.join("\n"), exitCode: state === "damaged" ? 1 : 0 };
    },
  },
];

const howToRestore = (customer: string, backupId: string): readonly string[] => [
  `  to look at it first: bin/holdfast backup restore ${customer} --backup ${backupId} --as ${customer.slice(0, 33)}-check`,
  `  in its place: bin/holdfast restore live ${customer} --backup ${backupId}`,
];

const nowRestored = (customer: string): readonly string[] => [
  `  ${customer} is being restored from it now, with the logins that it holds: bin/holdfast operation list`,
];

/** The one that was named, else the newest that is stored. */
async function storedBackup({ words: [customer = ""], options, control }: CommandContext) {
  const { backupId } = chosenBackup(options);
  if (backupId !== undefined) return backupId;
  const { backups } = await control(listCustomerBackups, { customer });
  const newest = backups.find(({ state }) => state === "stored" || state === "partial");
  if (!newest)
    throw new ExpectedError("not_found", `there is no stored backup of "${customer}"`, {
      hint: `bin/holdfast backup take ${customer}`,
    });
  return newest.backupId;
}
