import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testCertificate } from "./certificate.ts";

const readyMilliseconds = 10_000;

/** A directory server of its own: Debian's slapd over a folder that goes with it. */
export interface TestDirectory {
  readonly ldaps: string;
  /** Speaks StartTLS, and in clear. */
  readonly ldap: string;
  /** The authority that signed its certificate, which names `localhost`. */
  readonly caPem: string;
  /** Of another authority, which signed nothing of it. */
  readonly strangeCaPem: string;
  readonly baseDn: string;
  readonly bindDn: string;
  readonly bindPassword: string;
  stop(): Promise<void>;
}

const baseDn = "dc=acme,dc=example";
const bindDn = `cn=service,${baseDn}`;
const bindPassword = "service secret";

/**
 * Starts one with these people, each with a password.
 *
 * @param people - `twice`: a second entry of the same uid in another branch.
 */
export async function testDirectory(
  people: readonly {
    readonly uid: string;
    readonly password: string;
    readonly mail?: string;
    readonly groups?: readonly string[];
    readonly twice?: boolean;
  }[],
): Promise<TestDirectory> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-slapd-"));
  const strange = join(folder, "strange");
  mkdirSync(strange);
  mkdirSync(join(folder, "rows"));
  const certificate = testCertificate(folder, ["localhost"]);
  const strangeCaPem = testCertificate(strange, ["localhost"]).caPem;
  writeFileSync(join(folder, "slapd.conf"), configuration(folder));
  writeFileSync(join(folder, "people.ldif"), entriesOf(people));
  const config = ["-f", join(folder, "slapd.conf")];
  execFileSync("/usr/sbin/slapadd", [...config, "-l", join(folder, "people.ldif")], { stdio: "pipe" });
  const [plain, secure] = [await freePort(), await freePort()];
  const urls = `ldap://127.0.0.1:${plain}/ ldaps://127.0.0.1:${secure}/`;
  const child = spawn("/usr/sbin/slapd", ["-d", "0", "-h", urls, ...config], { stdio: "ignore" });
  await listening(plain);
  return {
    ldaps: `ldaps://localhost:${secure}`,
    ldap: `ldap://localhost:${plain}`,
    caPem: certificate.caPem,
    strangeCaPem,
    baseDn,
    bindDn,
    bindPassword,
    stop: () => stopped(child, folder),
  };
}

function configuration(folder: string): string {
  return `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${folder}/slapd.pid
TLSCertificateFile ${folder}/leaf.crt
TLSCertificateKeyFile ${folder}/leaf.key
TLSCACertificateFile ${folder}/ca.crt
database mdb
suffix "${baseDn}"
rootdn "cn=root,${baseDn}"
directory ${folder}/rows
maxsize 16777216
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${bindDn}" read by * none
`;
}

function entriesOf(people: Parameters<typeof testDirectory>[0]): string {
  const branches = ["people", "others"].map(
    (ou) => `dn: ou=${ou},${baseDn}\nobjectClass: organizationalUnit\nou: ${ou}\n`,
  );
  const persons = people.flatMap((person) => [
    entry(person, "people"),
    ...(person.twice ? [entry(person, "others")] : []),
  ]);
  return [
    `dn: ${baseDn}\nobjectClass: dcObject\nobjectClass: organization\no: Acme\ndc: acme\n`,
    `dn: ${bindDn}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: service\nuserPassword: ${bindPassword}\n`,
    ...branches,
    ...persons,
  ].join("\n");
}

function entry(person: Parameters<typeof testDirectory>[0][number], ou: string): string {
  const { uid, password, mail, groups = [] } = person;
  return [
    `dn: uid=${uid},ou=${ou},${baseDn}`,
    "objectClass: inetOrgPerson",
    `uid: ${uid}`,
    `cn: ${uid} of ${ou}`,
    "sn: Person",
    ...(mail === undefined ? [] : [`mail: ${mail}`]),
    ...groups.map((group) => `departmentNumber: ${group}`),
    `userPassword: ${password}`,
    "",
  ].join("\n");
}

async function listening(port: number): Promise<void> {
  const end = Date.now() + readyMilliseconds;
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.unref().setTimeout(1_000, () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (open) return;
    if (Date.now() > end) throw new Error("slapd did not start");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function stopped(child: ChildProcess, folder: string): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => {
      rmSync(folder, { recursive: true, force: true });
      resolve();
    });
    child.kill("SIGKILL");
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
