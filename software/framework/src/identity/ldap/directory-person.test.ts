import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { after, before, test } from "node:test";
import { ExpectedError } from "@holdfast/kernel/errors";
import { testDirectory as startDirectory, type TestDirectory } from "../../testing/slapd.ts";
import type { Provider } from "../providers/provider.ts";
import { directoryPerson, testDirectory } from "./directory-person.ts";

let slapd: TestDirectory;

before(async () => {
  slapd = await startDirectory([
    { uid: "ann", password: "quiet lantern", mail: "ann@acme.example", groups: ["sales", "staff"] },
    { uid: "bo", password: "loud lantern" },
    { uid: "double", password: "quiet lantern", twice: true },
    { uid: "star*", password: "quiet lantern" },
  ]);
});
after(() => slapd.stop());

function provider(changes: Partial<Provider> = {}): Provider {
  return {
    id: 1,
    name: "Directory",
    kind: "ldap",
    active: true,
    url: slapd.ldaps,
    client_id: slapd.bindDn,
    secret_sealed: null,
    ca_pem: slapd.caPem,
    allow_private: true,
    base_dn: slapd.baseDn,
    user_filter: "(objectClass=inetOrgPerson)",
    login_attribute: "uid",
    group_attribute: "departmentNumber",
    link_by_mail: false,
    create_users: false,
    default_group_id: null,
    has_factor: false,
    write_date: Temporal.Instant.fromEpochMilliseconds(0),
    ...changes,
  };
}

const asked = (login: string, password: string, changes: Partial<Provider> = {}) =>
  directoryPerson(provider(changes), { login, password, bindPassword: slapd.bindPassword });

test("a person is found, and their password checked, over ldaps and over StartTLS alike", async () => {
  for (const url of [slapd.ldaps, slapd.ldap]) {
    const ann = await asked("ann", "quiet lantern", { url });
    assert.equal(ann?.login, "ann");
    assert.equal(ann?.verifiedMail, "ann@acme.example");
    assert.deepEqual(ann?.groups, ["sales", "staff"]);
    assert.match(ann?.subject ?? "", /^[0-9a-f-]{36}$/);
    assert.equal(await asked("ann", "loud lantern", { url }), null);
  }
  assert.equal(await asked("nobody", "quiet lantern"), null);
});

test("injection: the login is a value, whatever signs of a filter it holds", async () => {
  const tries = [
    "*",
    "ann*",
    "*)(uid=*",
    "ann)(|(uid=*",
    "a\\6en",
    "ann\u0000",
    "(uid=ann)",
    "ann)(userPassword=*",
  ];
  for (const login of tries) assert.equal(await asked(login, "quiet lantern"), null, login);
  assert.equal((await asked("star*", "quiet lantern"))?.login, "star*");
});

test("blank password: refused before the directory takes it for an anonymous bind", async () => {
  for (const password of ["", "\u0000", "\u0000quiet lantern"])
    assert.equal(await asked("ann", password), null);
});

test("two hits are none", async () => {
  assert.equal(await asked("double", "quiet lantern"), null);
  assert.equal(
    (await asked("double", "quiet lantern", { base_dn: `ou=people,${slapd.baseDn}` }))?.login,
    "double",
  );
});

test("wrong certificate: another authority's, or another host's, is not spoken to", async () => {
  for (const url of [slapd.ldaps, slapd.ldap]) {
    await assert.rejects(asked("ann", "quiet lantern", { url, ca_pem: slapd.strangeCaPem }), unavailable);
    await assert.rejects(asked("ann", "quiet lantern", { url, ca_pem: null }), unavailable);
    const byNumber = url.replace("localhost", "127.0.0.1");
    await assert.rejects(asked("ann", "quiet lantern", { url: byNumber }), unavailable);
  }
});

test("downgrade: a server that refuses StartTLS, closes after it, or says nothing never sees a password", async () => {
  const seen: Buffer[] = [];
  const hostile: Server[] = [];
  const refusal = Buffer.from("300c02010178070a010204000400", "hex");
  const granted = Buffer.from("300c02010178070a010004000400", "hex");
  for (const answer of [refusal, granted]) {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (bytes: Buffer) => {
        seen.push(bytes);
        answer[4] = bytes[4] ?? 0;
        if (answer === granted) socket.end(answer);
        else socket.write(answer);
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    hostile.push(server);
    const { port } = server.address() as { readonly port: number };
    await assert.rejects(asked("ann", "quiet lantern", { url: `ldap://127.0.0.1:${port}` }), unavailable);
  }
  for (const server of hostile) server.close();
  assert.ok(seen.length > 0);
  const said = Buffer.concat(seen).toString("latin1");
  assert.doesNotMatch(said, /quiet lantern|service secret|ann/);
  for (const url of ["http://localhost", "ldapi:///", "x"])
    await assert.rejects(asked("ann", "quiet lantern", { url }), /ldaps/);
});

test("a directory in a private network is asked only if the administrator said so", async () => {
  await assert.rejects(asked("ann", "quiet lantern", { allow_private: false }), /private network/);
});

test("the administrator's test counts whom the search could find, and says when the service is not let in", async () => {
  assert.equal(await testDirectory(provider(), slapd.bindPassword), 5);
  await assert.rejects(testDirectory(provider(), "wrong"), unavailable);
  await assert.rejects(testDirectory(provider({ client_id: "PLAIN" }), slapd.bindPassword), /bind/);
});

function unavailable(error: unknown): boolean {
  return error instanceof ExpectedError && error.code === "unavailable";
}
