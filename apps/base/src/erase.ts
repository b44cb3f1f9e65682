import { attachmentModel } from "@holdfast/framework/files/attachment-model";
import { linksModel, usersModel } from "@holdfast/framework/identity/models";
import { securityLogModel } from "@holdfast/framework/identity/security-log-model";
import { mailModel, messageModel } from "@holdfast/framework/mail/models";
import type { Environment } from "@holdfast/framework/model/environment";
import type { Field } from "@holdfast/framework/model/field";
import type { Model } from "@holdfast/framework/model/model";
import { isDerived } from "@holdfast/framework/model/storage";
import { eraseFromTrash, trashedContact } from "./erase-trash.ts";
import { partnerModel } from "./partner.ts";
import { type Row, rowsOf, scrubTexts, textFields } from "./scrub.ts";

/** What stands where somebody's name stood. */
export const erasedName = "Erased person";
const identifyingText = 6;

/** What tells one person from all others, as texts of which only digests are kept; never to be written down. */
export type Mark = string;

/** How much was found and erased. */
export interface Erased {
  readonly contacts: number;
  readonly users: number;
  /** Digests of files whose last record is gone: their content is to be removed. */
  readonly files: readonly string[];
}

/**
 * The marks of a contact and of whoever signs in as it: its record, by number and moment of its making, and its
 * addresses. A record of the same number that was made at another moment is somebody else's, and so is an address by
 * which another user signs in today: else a contact with a colleague's address, or one's own, would take their traces
 * along.
 *
 * @returns none when there is no such contact.
 */
export async function marksOf(env: Environment, partnerId: number): Promise<Mark[]> {
  const contacts = await partnersBy(env, [["id", "=", partnerId]]);
  if (contacts.length === 0) {
    const trashed = await trashedContact(env, partnerId);
    if (trashed === undefined) return [];
    const own = withoutThose(trashed.addresses, await staying(env, []));
    return [recordMark("res.partner", trashed.id, trashed.made), ...own.map(addressMark)];
  }
  const users = await usersBy(env, [["partner_id", "=", partnerId]]);
  const others = await staying(env, users);
  return [
    ...contacts.map(({ id, made }) => recordMark("res.partner", id, made)),
    ...users.map(({ id, made }) => recordMark("res.users", id, made)),
    ...withoutThose(addressesOf([...contacts, ...users]), others).map(addressMark),
  ];
}

/** Addresses of users who sign in today and are none of those who are erased. */
async function staying(env: Environment, erased: readonly Who[]): Promise<ReadonlySet<string>> {
  const gone = new Set(erased.map(({ id }) => id));
  const active = await usersBy(env, [["active", "=", true]]);
  return new Set(active.filter(({ id }) => !gone.has(id)).flatMap(({ addresses }) => addresses));
}

const withoutThose = (addresses: readonly string[], others: ReadonlySet<string>): string[] =>
  addresses.filter((address) => !others.has(address));

/**
 * Erases everybody whose mark is known, wherever the database names them: contact, user, sign-ins, messages, mail,
 * files, and every text that holds their addresses. Documents of theirs keep their numbers and amounts, with an
 * anonymous party (GDPR Art. 17(3)(b)). Safe to run twice. Source: GDPR Art. 17; THREATS "restore resurrects".
 *
 * Cost: reads contacts and users once, and some statements a person.
 */
export async function eraseMarked(env: Environment, isMarked: (mark: Mark) => boolean): Promise<Erased> {
  const contacts = (await partnersBy(env, [])).filter(({ id, made }) =>
    isMarked(recordMark("res.partner", id, made)),
  );
  const partnerIds = contacts.map(({ id }) => id);
  const users = (await usersBy(env, [])).filter(
    ({ id, made, partnerId }) =>
      isMarked(recordMark("res.users", id, made)) || (partnerId !== null && partnerIds.includes(partnerId)),
  );
  const userIds = users.map(({ id }) => id);
  const known = addressesOf([...contacts, ...users]);
  const trashed = await eraseFromTrash(env, ({ model, id, made }) => isMarked(recordMark(model, id, made)));
  const found = new Set([...known, ...trashed, ...(await markedAddresses(env, isMarked))]);
  const addresses = withoutThose([...found], await staying(env, users));
  const names = [...contacts, ...users].map(({ name }) => name).filter(isIdentifying);
  await eraseMail(env, addresses, partnerIds);
  const files = await eraseOwnRecords(env, partnerIds);
  await eraseSignIns(env, userIds, addresses);
  await eraseDocuments(env, partnerIds, [...names, ...addresses]);
  for (const { id } of contacts) await env.model("res.partner").write([id], blank(env, id) as never);
  for (const id of userIds) await blankUser(env, id);
  await scrubTexts(env, { needles: addresses, except: ["res.partner", "res.users"] });
  return { contacts: contacts.length, users: users.length, files };
}

interface Who {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly made: number;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly partnerId: number | null;
}

async function partnersBy(env: Environment, domain: readonly unknown[]): Promise<Who[]> {
  const rows = await rowsOf(env, partnerModel.name, { domain, fields: ["name", "email", "create_date"] });
  return rows.map((row) => who(row, [row["email"]], null));
}

async function usersBy(env: Environment, domain: readonly unknown[]): Promise<Who[]> {
  const fields = ["name", "login", "email", "partner_id", "create_date"];
  const rows = await rowsOf(env, usersModel.name, { domain, fields });
  return rows.map((row) => {
    const partner = row["partner_id"] as { readonly id: number } | null;
    return who(row, [row["login"], row["email"]], partner?.id ?? null);
  });
}

function who(row: Row, addresses: readonly unknown[], partnerId: number | null): Who {
  const made = (row["create_date"] as Temporal.Instant).epochMilliseconds;
  const own = addresses.flatMap((one) => (typeof one === "string" && one !== "" ? [one.toLowerCase()] : []));
  return { id: row.id, made, name: String(row["name"]), addresses: own, partnerId };
}

const recordMark = (model: string, id: number, made: number): Mark => `record ${model} ${id} ${made}`;
const addressMark = (address: string): Mark => `address ${address.toLowerCase()}`;

/** The addresses among the marks of a person, in small letters. */
export function addressesIn(marks: readonly Mark[]): string[] {
  return marks.flatMap((mark) => (mark.startsWith("address ") ? [mark.slice("address ".length)] : []));
}

/** Only what names one person wherever it stands: an address of mail, or a long login. */
function addressesOf(people: readonly Who[]): string[] {
  const all = people.flatMap(({ addresses }) => addresses);
  return [...new Set(all)].filter(
    (one) => (one.includes("@") || isIdentifying(one)) && !one.endsWith("@erased.invalid"),
  );
}

function isIdentifying(text: string): boolean {
  return text.length >= identifyingText && text !== erasedName;
}

/** Addresses that mail went to or somebody signed in with, though the contact had another at the time. */
async function markedAddresses(env: Environment, isMarked: (mark: Mark) => boolean): Promise<string[]> {
  const found = new Set<string>();
  const places = [
    [mailModel.name, "email_to"],
    [linksModel.name, "recipient"],
    [securityLogModel.name, "who"],
  ] as const;
  for (const [model, field] of places) {
    if (!env.registry.models.has(model)) continue;
    for (const row of await rowsOf(env, model, { domain: [], fields: [field] })) {
      const address = String(row[field] ?? "").toLowerCase();
      if (!found.has(address) && isMarked(addressMark(address))) found.add(address);
    }
  }
  return [...found];
}

async function eraseMail(env: Environment, addresses: readonly string[], partnerIds: readonly number[]) {
  for (const address of addresses)
    await removeBy(env, mailModel.name, [["email_to", "=ilike", literally(address)]]);
  if (partnerIds.length > 0) await removeBy(env, mailModel.name, ofRecords("res.partner", partnerIds));
}

/** What hangs on the contact itself. @returns digests of files that no record needs any more. */
async function eraseOwnRecords(env: Environment, partnerIds: readonly number[]): Promise<string[]> {
  if (partnerIds.length === 0) return [];
  const own = ofRecords("res.partner", partnerIds);
  const held = await rowsOf(env, attachmentModel.name, { domain: own, fields: ["sha256"] });
  await removeBy(env, attachmentModel.name, own);
  await removeBy(env, linksModel.name, own);
  await removeBy(env, messageModel.name, [
    ["model", "=", "res.partner"],
    ["res_id", "in", partnerIds],
  ]);
  await removeBy(env, "hf.trash", own);
  const digests = [...new Set(held.map((row) => String(row["sha256"])))];
  const still = await rowsOf(env, attachmentModel.name, {
    domain: [["sha256", "in", digests]],
    fields: ["sha256"],
  });
  const needed = new Set(still.map((row) => row["sha256"]));
  return digests.filter((digest) => !needed.has(digest));
}

/** Sessions, keys, factors: all that a user alone has goes; the sign-in log keeps that there was somebody. */
async function eraseSignIns(env: Environment, userIds: readonly number[], addresses: readonly string[]) {
  const logged = await rowsOf(env, securityLogModel.name, {
    domain: ["|", ["user_id", "in", userIds], ["who", "in", addresses]],
    fields: ["who"],
  });
  for (const { id } of logged)
    await env.of(securityLogModel).write([id], { who: erasedName, source: null, device: null, detail: null });
  if (userIds.length === 0) return;
  for (const model of env.registry.models.values())
    if (/^(hf\.|res\.users\.)/.test(model.name) && model.name !== securityLogModel.name && ownedByUser(model))
      await removeBy(env, model.name, [["user_id", "in", userIds]]);
}

const ownedByUser = ({ fields }: Model): boolean => fields["user_id"]?.target === usersModel.name;

/** Documents of the person: their texts, messages and files no longer name them. */
async function eraseDocuments(env: Environment, partnerIds: readonly number[], needles: readonly string[]) {
  if (partnerIds.length === 0 || needles.length === 0) return;
  for (const model of env.registry.models.values()) {
    if (model.name === "res.partner" || model.name === "res.users") continue;
    const leading = Object.entries(model.fields).filter(([, field]) => leadsToPartner(field));
    for (const [name] of leading) {
      const ids = (await rowsOf(env, model.name, { domain: [[name, "in", partnerIds]], fields: [] })).map(
        ({ id }) => id,
      );
      if (ids.length === 0) continue;
      const only = { model: model.name, ids };
      await scrubTexts(env, { needles, only: [only] });
      await scrubTexts(env, { needles, attachedTo: only });
    }
  }
}

const leadsToPartner = (field: Field): boolean => field.kind === "many2one" && field.target === "res.partner";

/** Every text and relation of the contact that is not computed. Its company stays: it says who may see the record. */
function blank(env: Environment, id: number): Record<string, unknown> {
  const model = env.registry.model("res.partner");
  const values: Record<string, unknown> = { name: `${erasedName} ${id}`, active: false };
  for (const name of textFields(model)) if (name !== "name") values[name] = null;
  for (const [name, field] of Object.entries(model.fields)) {
    if (isDerived(field)) continue;
    if (field.kind === "many2many") values[name] = [[5]];
    if (field.kind === "many2one" && !field.required && name !== "company_id" && name !== "country_id")
      values[name] = null;
    if ((field.kind === "json" || field.kind === "date") && !field.required) values[name] = null;
  }
  return values;
}

async function blankUser(env: Environment, id: number): Promise<void> {
  await env.model("res.users").write([id], {
    name: `${erasedName} ${id}`,
    login: `erased-${id}@erased.invalid`,
    email: null,
    active: false,
    password_hash: null,
    groups_id: [[5]],
  } as never);
}

const ofRecords = (model: string, ids: readonly number[]) => [
  ["res_model", "=", model],
  ["res_id", "in", ids],
];
const literally = (text: string): string => text.replace(/[\\%_]/g, (sign) => `\\${sign}`);

async function removeBy(env: Environment, model: string, domain: readonly unknown[]): Promise<void> {
  if (!env.registry.models.has(model)) return;
  const ids = (await rowsOf(env, model, { domain, fields: [] })).map(({ id }) => id);
  for (let at = 0; at < ids.length; at += 1_000) await env.model(model).unlink(ids.slice(at, at + 1_000));
}
