import { createHash, timingSafeEqual } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId } from "@holdfast/kernel/id";
import type { OutputOf } from "@holdfast/protocol/method";
import {
  destroyCustomerKey,
  listKeyPlaces,
  listShreddedKeys,
  renewCustomerKey,
  resealCustomerFiles,
  rotatePlatformKey,
  showCustomerKey,
  showShredCertificate,
} from "@holdfast/protocol/retention-methods";
import { writeRecoveryFile } from "../setup/data-folders.ts";
import { quoted } from "../terminal.ts";
import { type Command, table } from "./command.ts";
import { confirm } from "./confirm.ts";

const yes = { name: "yes", value: "NAME", help: "its name once more, instead of being asked" } as const;

/** `key …` and `recovery …`. */
export const keyCommands: readonly Command[] = [
  {
    name: "key rotate",
    help: "make a new root key and wrap every customer's key with it; a new recovery file is written",
    arguments: [],
    options: [{ name: "yes", value: "NAME", help: '"rotate", instead of being asked' }],
    async run({ options, control, screen, folder }) {
      const dies = "The former root key and its recovery file will open nothing any more.";
      await confirm(screen, { dies, name: "rotate", given: options["yes"] });
      const rotated = await control(rotatePlatformKey, {});
      for (const path of [join(folder.root, ".recovery-written"), folder.recoveryChecked])
        rmSync(path, { force: true });
      const recoveryFile = writeRecoveryFile(folder) ?? null;
      const text = `${rotated.records} records are under the new root key. Keep ${recoveryFile} elsewhere, then: bin/holdfast recovery check FILE\n`;
      return { json: { ...rotated, recoveryFile }, text };
    },
  },
  {
    name: "key renew",
    help: "make a new data key for a customer while everything goes on; the former one goes with the last backup under it",
    arguments: [{ name: "CUSTOMER" }],
    options: [yes],
    async run({ words: [customer = ""], options, control, screen }) {
      const dies = `Everything of ${customer} that is stored from now on lies under a new key. Files are sealed anew in the background.`;
      await confirm(screen, { dies, name: customer, given: options["yes"] });
      const renewed = await control(
        renewCustomerKey,
        { customer, confirm: customer },
        `a new key for ${customer}`,
      );
      return { json: renewed, text: keyLines(renewed) };
    },
  },
  {
    name: "key show",
    help: "a customer's data key: its number, former ones, and whether files are still sealed anew",
    arguments: [{ name: "CUSTOMER" }],
    options: [],
    async run({ words: [customer = ""], control }) {
      const shown = await control(showCustomerKey, { customer });
      return { json: shown, text: keyLines(shown) };
    },
  },
  {
    name: "key reseal",
    help: "seal one batch of a customer's files anew after key renew; the schedule does so by itself",
    arguments: [{ name: "CUSTOMER" }],
    options: [],
    async run({ words: [customer = ""], control }) {
      const sealed = await control(resealCustomerFiles, { customer }, `sealing files of ${customer} anew`);
      return { json: sealed, text: keyLines(sealed) };
    },
  },
  {
    name: "key destroy",
    help: "destroy a customer's oldest former data key now; refused while a backup is under it",
    arguments: [{ name: "CUSTOMER" }],
    options: [
      yes,
      { name: "now", help: "within ten minutes of the change: an upload that began before it is lost" },
    ],
    async run({ words: [customer = ""], options, control, screen }) {
      const dies = `What still lies under the oldest former data key of ${customer} can never be opened again.`;
      await confirm(screen, { dies, name: customer, given: options["yes"] });
      const wish = { customer, confirm: customer, now: options["now"] === true };
      const destroyed = await control(destroyCustomerKey, wish, `destroying a former key of ${customer}`);
      return { json: destroyed, text: keyLines(destroyed) };
    },
  },
  {
    name: "key places",
    help: "where the copies of the keystore stand, and whether each answers",
    arguments: [],
    options: [],
    async run({ control }) {
      const listed = await control(listKeyPlaces, {});
      const rows = listed.places.map(({ path, answers, sameDisk, simulated, records }) => [
        path,
        answers ? "yes" : "NO",
        simulated ? "simulated" : sameDisk ? "ON THE KEYSTORE'S OWN DISK" : "apart",
        String(records ?? ""),
      ]);
      const text = table(rows, ["FOLDER", "ANSWERS", "STANDS", "RECORDS"], "There are no copies.");
      const isWell = listed.places.every(
        ({ answers, sameDisk, simulated }) => answers && (simulated || !sameDisk),
      );
      return { json: listed, text, exitCode: isWell ? 0 : 1 };
    },
  },
  {
    name: "key certificates",
    help: "whose keys were destroyed here",
    arguments: [],
    options: [],
    async run({ control }) {
      const listed = await control(listShreddedKeys, {});
      const name = (tenant: string) => quoted(listed.names[tenant] ?? "");
      const rows = [
        ...listed.tenants.map((tenant) => [name(tenant), tenant, "all"]),
        ...listed.former.map(({ tenantId, generation }) => [name(tenantId), tenantId, String(generation)]),
      ];
      const text = table(rows, ["OF", "TENANT", "DATA KEY"], "No key was destroyed here.");
      return { json: listed, text };
    },
  },
  {
    name: "key certificate",
    help: "write the signed statement that a customer's key was destroyed, for openssl to verify (docs/keys.md)",
    arguments: [{ name: "TENANT" }, { name: "DIRECTORY" }],
    options: [
      { name: "generation", value: "NUMBER", help: "of one former data key of a customer who stayed" },
    ],
    async run({ words: [word = "", directory = "."], options, control }) {
      const tenantId = parseId<"tenant">(word);
      if (tenantId === undefined)
        throw new ExpectedError("bad_request", `"${word}" is no tenant's id`, {
          hint: "bin/holdfast key certificates",
        });
      const generation =
        options["generation"] === undefined ? {} : { generation: Number(options["generation"]) };
      const wish = { tenantId, ...generation };
      const { certificate, signature, publicKeyPem } = await control(showShredCertificate, wish);
      mkdirSync(directory, { recursive: true });
      const files = {
        "certificate.json": certificate,
        "certificate.sig": Buffer.from(signature, "base64"),
        "public.pem": publicKeyPem,
      };
      for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
      const verify = `openssl dgst -sha256 -verify ${directory}/public.pem -signature ${directory}/certificate.sig ${directory}/certificate.json`;
      return {
        json: { tenantId, directory, files: Object.keys(files), verify },
        text: `Verify it with:\n  ${verify}\n`,
      };
    },
  },
  {
    name: "recovery check",
    help: "see that a recovery file that you kept elsewhere fits this installation; run it once, from that place",
    arguments: [{ name: "FILE" }],
    options: [],
    async run({ words: [file = ""], folder }) {
      refuseBesideTheData(file, folder.root);
      const [kept, used] = [keyIn(readable(file)), keyIn(readable(folder.rootKey))];
      if (kept === undefined || used === undefined || !timingSafeEqual(kept, used))
        throw new ExpectedError("conflict", `${file} does not hold this installation's root key`, {
          hint: "the root key may have been rotated since: keep the newest recovery file",
        });
      writeFileSync(folder.recoveryChecked, "", { mode: 0o600 });
      const beside = existsSync(join(folder.root, "recovery.txt"));
      const text = `${file} fits.${beside ? ` Now delete ${join(folder.root, "recovery.txt")}: it lies beside the data.` : ""}\n`;
      return { json: { fits: true, besideTheData: beside }, text };
    },
  },
];

function keyLines({
  customer,
  generation,
  changedAt,
  former,
  filesAnew,
}: OutputOf<typeof showCustomerKey>): string {
  const since = changedAt === null ? "since the customer began" : `since ${changedAt}`;
  const lines = [`${customer}: data key ${generation}, ${since}`];
  for (const each of former)
    lines.push(`  data key ${each.generation}, until ${each.until}: ${each.backups} backups may need it`);
  if (generation > 1)
    lines.push(
      `  files sealed anew: ${filesAnew.sealed}${filesAnew.left ? ", more are waiting" : ", none is left"}`,
    );
  return `${lines.join("\n")}\n`;
}

/** What lies with the data is lost with them: seeing it there says nothing about what the operator keeps. */
function refuseBesideTheData(file: string, root: string): void {
  if (!existsSync(file) || !`${realpathSync(file)}/`.startsWith(`${realpathSync(root)}/`)) return;
  throw new ExpectedError("conflict", `${file} lies beside the data, so it would be lost with them`, {
    hint: "copy it to where you will keep it, and check that copy",
  });
}

function readable(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new ExpectedError("not_found", `cannot read ${path}`, {
      hint: "run this as the user who ran bin/up",
      cause,
    });
  }
}

/** A digest of the key's line, so that nothing of a key is compared or shown. */
function keyIn(text: string): Buffer | undefined {
  const line = /^holdfast-root-key-1:[A-Za-z0-9+/=]{44}$/m.exec(text)?.[0];
  return line === undefined ? undefined : createHash("sha256").update(line).digest();
}
