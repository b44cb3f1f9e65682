import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakenedServer } from "../weakened-server.ts";

const attach = "platform/edge/src/attach.ts";
const place = "=== null ? null : issue(serverName);";

/** Serves a scratch host with certificates of the installation's own authority that no host may have. */
export const certificateSaboteur: Saboteur = {
  claim: "ENC-4",
  set: async (scene) => {
    const { name } = await scene.scratch("first");
    const scope = { databases: [name] };
    const serving = async (breaks: string, made: Parameters<typeof issue>[1]) => {
      const certificate = JSON.stringify(await issue(scene.certificateAuthority, made));
      const replace = `=== null ? null : ${certificate};`;
      return weakenedServer(scene, { breaks, scope, patches: [{ file: attach, find: place, replace }] });
    };
    const host = `${name}.localhost`;
    return {
      scope: { ...scope, port: await scene.server.intact() },
      sabotages: [
        await serving("a certificate with three days left was served", { host, days: 3 }),
        await serving("a certificate of another name was served", { host: "other.localhost", days: 60 }),
      ],
    };
  },
};

/** By openssl, which comes with Debian's PostgreSQL; the agent's own code would refuse to. */
async function issue(
  authority: { readonly certificateFile: string; readonly keyFile: string },
  { host, days }: { readonly host: string; readonly days: number },
): Promise<{ readonly certificatePem: string; readonly keyPem: string }> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-scratch-code-"));
  const [keyFile, requestFile, leafFile, names] = ["key", "request", "leaf", "names"].map((file) =>
    join(folder, file),
  ) as [string, string, string, string];
  const openssl = (...args: string[]) => promisify(execFile)("openssl", args, { timeout: 30_000 });
  try {
    writeFileSync(names, `subjectAltName=DNS:${host}\n`);
    await openssl(
      "req",
      "-new",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-keyout",
      keyFile,
      "-subj",
      `/CN=${host}`,
      "-out",
      requestFile,
    );
    const by = [
      "-CA",
      authority.certificateFile,
      "-CAkey",
      authority.keyFile,
      "-set_serial",
      String(Date.now()),
    ];
    await openssl(
      "x509",
      "-req",
      "-in",
      requestFile,
      ...by,
      "-days",
      String(days),
      "-sha256",
      "-extfile",
      names,
      "-out",
      leafFile,
    );
    const chain = readFileSync(leafFile, "utf8") + readFileSync(authority.certificateFile, "utf8");
    return { certificatePem: chain, keyPem: readFileSync(keyFile, "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
