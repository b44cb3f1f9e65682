import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificate } from "../http/hooks.ts";

/** An authority of one test, and a leaf for some hosts signed by it. Needs Debian's openssl. */
export function testCertificate(
  folder: string,
  hosts: readonly string[],
): Certificate & { readonly caPem: string } {
  const at = (name: string) => join(folder, name);
  const run = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
  run(
    "req",
    "-x509",
    ...key,
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.crt"),
    "-days",
    "2",
    "-subj",
    "/CN=test authority",
  );
  run("req", ...key, "-keyout", at("leaf.key"), "-out", at("leaf.csr"), "-subj", `/CN=${hosts[0]}`);
  writeFileSync(at("leaf.ext"), `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(",")}\n`);
  const signing = [
    "-CA",
    at("ca.crt"),
    "-CAkey",
    at("ca.key"),
    "-CAcreateserial",
    "-days",
    "2",
    "-extfile",
    at("leaf.ext"),
  ];
  run("x509", "-req", "-in", at("leaf.csr"), ...signing, "-out", at("leaf.crt"));
  const read = (name: string) => readFileSync(at(name), "utf8");
  return { certificatePem: read("leaf.crt"), keyPem: read("leaf.key"), caPem: read("ca.crt") };
}
