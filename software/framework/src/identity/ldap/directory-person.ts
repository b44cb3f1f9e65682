import { ExpectedError } from "@holdfast/kernel/errors";
import type { Client, Entry, Filter } from "ldapts";
import type { ExternalPerson } from "../providers/external-user.ts";
import type { Provider } from "../providers/provider.ts";
import { withDirectory } from "./ldap-connection.ts";

const attributePattern = /^[A-Za-z][A-Za-z0-9-]{0,59}$/;
/** Ids that stay with a person when they are renamed: OpenLDAP's and others', Active Directory's. */
const lastingIds = ["entryUUID", "nsUniqueId", "objectGUID"];
const maxGroups = 500;

/** A person who types a password, as their directory sees it. */
export interface DirectoryAttempt {
  readonly login: string;
  readonly password: string;
  /** Of the service that searches, in clear. */
  readonly bindPassword: string;
}

/**
 * Checks a login and password against a directory: binds as the service, searches, and binds as the one entry
 * found with the person's password, on a connection of its own.
 *
 * The login is a value in the search, never text of a filter; a blank password, which directories take for an
 * anonymous bind (RFC 4513, 5.1.2), is refused here; two hits are none; referrals are not followed.
 *
 * @returns null when the login or password is not right.
 * @throws ExpectedError `unavailable`, `access_denied`, `invalid`: the directory could not be asked. Claim OWASP-6.
 */
export async function directoryPerson(
  provider: Provider,
  attempt: DirectoryAttempt,
): Promise<ExternalPerson | null> {
  if (attempt.password === "" || attempt.password.includes("\u0000") || attempt.login === "") return null;
  const entry = await withDirectory(provider, async (client) => {
    await client.bind(bindName(provider.client_id), attempt.bindPassword);
    return onlyEntry(client, provider, attempt.login);
  }).catch(failed);
  if (entry === undefined || !(await mayBind(provider, entry.dn, attempt.password))) return null;
  return personOf(provider, entry);
}

/** For the administrator's test: the service's name and password, and how many users the search could find. */
export async function testDirectory(provider: Provider, bindPassword: string): Promise<number> {
  const { PresenceFilter } = await import("ldapts");
  return withDirectory(provider, async (client) => {
    await client.bind(bindName(provider.client_id), bindPassword);
    const filter = await conditionOf(provider, new PresenceFilter({ attribute: loginAttribute(provider) }));
    const { searchEntries } = await client.search(provider.base_dn ?? "", {
      scope: "sub",
      filter,
      attributes: ["1.1"],
      paged: { pageSize: 500 },
      timeLimit: 5,
    });
    return searchEntries.length;
  }).catch(failed);
}

async function onlyEntry(client: Client, provider: Provider, login: string): Promise<Entry | undefined> {
  const { EqualityFilter, SizeLimitExceededError } = await import("ldapts");
  const filter = new EqualityFilter({ attribute: loginAttribute(provider), value: login });
  const groups = provider.group_attribute === null ? [] : [attribute(provider.group_attribute)];
  try {
    const { searchEntries } = await client.search(provider.base_dn ?? "", {
      scope: "sub",
      derefAliases: "never",
      filter: await conditionOf(provider, filter),
      attributes: [loginAttribute(provider), "cn", "displayName", "mail", ...lastingIds, ...groups],
      explicitBufferAttributes: ["objectGUID"],
      sizeLimit: 2,
      timeLimit: 5,
    });
    return searchEntries.length === 1 ? searchEntries[0] : undefined;
  } catch (error) {
    if (error instanceof SizeLimitExceededError) return undefined;
    throw error;
  }
}

async function mayBind(provider: Provider, dn: string, password: string): Promise<boolean> {
  const { InvalidCredentialsError, ResultCodeError } = await import("ldapts");
  return withDirectory(provider, async (client) => {
    try {
      await client.bind(bindName(dn), password);
      return true;
    } catch (error) {
      // Locked, expired, not allowed here: each is the directory's way of saying no.
      if (error instanceof InvalidCredentialsError || error instanceof ResultCodeError) return false;
      throw error;
    }
  }).catch(failed);
}

async function conditionOf(provider: Provider, filter: Filter): Promise<Filter> {
  const { AndFilter, FilterParser } = await import("ldapts");
  if (provider.user_filter === null || provider.user_filter === "") return filter;
  return new AndFilter({ filters: [FilterParser.parseString(provider.user_filter), filter] });
}

function personOf(provider: Provider, entry: Entry): ExternalPerson {
  const login = textsOf(entry, loginAttribute(provider))[0] ?? "";
  const id = lastingIds.map((name) => textsOf(entry, name)[0]).find((value) => value !== undefined);
  const groups = provider.group_attribute === null ? [] : textsOf(entry, provider.group_attribute);
  return {
    issuer: provider.url,
    subject: id ?? entry.dn.toLowerCase(),
    login,
    name: textsOf(entry, "displayName")[0] ?? textsOf(entry, "cn")[0] ?? login,
    // A directory is its administrator's own: what it says of mail is taken for checked.
    verifiedMail: textsOf(entry, "mail")[0] ?? "",
    groups: groups.slice(0, maxGroups),
  };
}

/** All values of an attribute, whatever the case of its name; bytes as base64. */
function textsOf(entry: Entry, name: string): string[] {
  const key = Object.keys(entry).find((one) => one.toLowerCase() === name.toLowerCase());
  const value = key === undefined ? [] : entry[key];
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list
    .map((one) => (Buffer.isBuffer(one) ? one.toString("base64") : String(one)))
    .filter((one) => one !== "");
}

function loginAttribute(provider: Provider): string {
  return attribute(provider.login_attribute || "uid");
}

function attribute(name: string): string {
  if (attributePattern.test(name)) return name;
  throw new ExpectedError("invalid", `"${name.slice(0, 60)}" is no attribute of a directory.`);
}

/** A name without `=` would be taken for a mechanism, or bind as nobody. */
function bindName(dn: string): string {
  if (/^[^=]+=./.test(dn) || /^[^@\s]+@[^@\s]+$/.test(dn)) return dn;
  throw new ExpectedError("invalid", "The name to bind with is no name of an entry.");
}

function failed(cause: unknown): never {
  if (cause instanceof ExpectedError) throw cause;
  throw new ExpectedError("unavailable", "The directory could not be asked.", {
    hint: "Look at its address, certificate, bind name and password with “Test” on its page.",
    cause,
  });
}
