import type { Environment } from "@holdfast/framework/model/environment";
import { type TrashContent, trashModel } from "@holdfast/framework/model/trash/trash-model";

/** Entries that are in memory at once: each holds whole records. */
const pageEntries = 100;

/** A contact or user that lies in the trash. */
export interface TrashedPerson {
  readonly model: "res.partner" | "res.users";
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly made: number;
  /** Addresses of mail and logins, in small letters. */
  readonly addresses: readonly string[];
}

/**
 * Removes for good, with its files, every entry of the trash in which one of the people is meant: who is erased must not come back by
 * restoring. @returns the addresses of those people, by which they may stand elsewhere too.
 */
export async function eraseFromTrash(
  env: Environment,
  isMeant: (person: TrashedPerson) => boolean,
): Promise<string[]> {
  const addresses = new Set<string>();
  for await (const { model, id, people } of entriesWithPeople(env)) {
    const meant = people.filter(isMeant);
    if (meant.length === 0) continue;
    for (const person of meant) for (const address of person.addresses) addresses.add(address);
    await env.model(model).trashed.remove([id]);
  }
  return [...addresses];
}

/** The contact of that number, if it lies in the trash. */
export async function trashedContact(env: Environment, id: number): Promise<TrashedPerson | undefined> {
  for await (const { people } of entriesWithPeople(env)) {
    const found = people.find((one) => one.model === "res.partner" && one.id === id);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function* entriesWithPeople(env: Environment) {
  if (!env.registry.models.has(trashModel.name)) return;
  for (let last = 0; ; ) {
    const page = await env
      .of(trashModel)
      .searchRead([["id", ">", last]], ["content", "res_model", "res_id"], {
        order: "id",
        limit: pageEntries,
      });
    for (const { content, res_model, res_id } of page)
      yield { model: res_model, id: res_id, people: peopleIn(content as TrashContent) };
    last = page.at(-1)?.id ?? 0;
    if (page.length < pageEntries) return;
  }
}

function peopleIn({ rows }: TrashContent): TrashedPerson[] {
  return (["res.partner", "res.users"] as const).flatMap((model) =>
    (rows[model] ?? []).map((row) => {
      const { id, create_date, email, login } = row as Readonly<Record<string, unknown>>;
      const addresses = [email, login].flatMap((one) =>
        typeof one === "string" && one !== "" ? [one.toLowerCase()] : [],
      );
      return { model, id: Number(id), made: Date.parse(String(create_date)), addresses };
    }),
  );
}
