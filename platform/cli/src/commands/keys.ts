import { createHash, timingSafeEqual } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId } from "@holdfast/kernel/id";
import {
  listKeyPlaces,
  listShreddedKeys,
  rotatePlatformKey,
  showShredCertificate,
} from "@holdfast/protocol/retention-methods";
import { writeRecoveryFile } from "../setup/data-folders.ts";
import { type Command, table } from "./command.ts";
import { confirm } from "./confirm.ts";

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
      for (const name of [".recovery-written", ".recovery-checked"])
        rmSync(join(folder.root, name), { force: true });
      const recoveryFile = writeRecoveryFile(folder) ?? null;
      const text = `${rotated.records} records are under the new root key. Keep ${recoveryFile} elsewhere, then: bin/holdfast recovery check FILE\n`;
      return { json: { ...rotated, recoveryFile }, text };
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
      const rows = listed.tenants.map((tenant) => [tenant]);
      return { json: listed, text: table(rows, ["TENANT"], "No key was destroyed here.") };
    },
  },
  {
    name: "key certificate",
    help: "write the signed statement that a customer's key was destroyed, for openssl to verify (docs/keys.md)",
    arguments: [{ name: "TENANT" }, { name: "DIRECTORY" }],
    options: [],
    async run({ words: [word = "", directory = "."], control }) {
      const tenantId = parseId<"tenant">(word);
      if (tenantId === undefined)
        throw new ExpectedError("bad_request", `"${word}" is no tenant's id`, {
          hint: "bin/holdfast key certificates",
        });
      const { certificate, signature, publicKeyPem } = await control(showShredCertificate, { tenantId });
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
      const [kept, used] = [keyIn(readable(file)), keyIn(readable(folder.rootKey))];
      if (kept === undefined || used === undefined || !timingSafeEqual(kept, used))
        throw new ExpectedError("conflict", `${file} does not hold this installation's root key`, {
          hint: "the root key may have been rotated since: keep the newest recovery file",
        });
      writeFileSync(join(folder.root, ".recovery-checked"), "", { mode: 0o600 });
      const beside = existsSync(join(folder.root, "recovery.txt"));
      const text = `${file} fits.${beside ? ` Now delete ${join(folder.root, "recovery.txt")}: it lies beside the data.` : ""}\n`;
      return { json: { fits: true, besideTheData: beside }, text };
    },
  },
];

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
