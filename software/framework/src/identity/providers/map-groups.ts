import type { Environment } from "../../model/environment.ts";
import type { X2manyCommand } from "../../model/field.ts";
import { usersModel } from "../models.ts";
import { providerGroupsModel } from "./models.ts";
import type { Provider } from "./provider.ts";

const maxMapped = 200;

/**
 * Gives a user the groups that the provider's groups stand for, and takes away those mapped ones that they no longer
 * hold there. Groups that no mapping of this provider names stay as they are. Writes only on a difference.
 */
export async function mapGroups(
  system: Environment,
  provider: Pick<Provider, "id">,
  { userId, held }: { readonly userId: number; readonly held: readonly string[] },
): Promise<void> {
  const mapped = await system
    .of(providerGroupsModel)
    .searchRead([["provider_id", "=", provider.id]], ["value", "group_id"], { limit: maxMapped });
  if (mapped.length === 0) return;
  const there = new Set(held.map((value) => value.toLowerCase()));
  const due = new Set(
    mapped.filter((row) => there.has(row.value.toLowerCase())).map((row) => row.group_id.id),
  );
  const [user] = await system.of(usersModel).read([userId], ["groups_id"]);
  const now = new Set(user?.groups_id ?? []);
  const commands: X2manyCommand[] = [];
  for (const id of new Set(mapped.map((row) => row.group_id.id))) {
    if (due.has(id) && !now.has(id)) commands.push([4, id]);
    if (!due.has(id) && now.has(id)) commands.push([3, id]);
  }
  if (commands.length > 0) await system.of(usersModel).write([userId], { groups_id: commands });
}
