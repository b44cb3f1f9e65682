import type { GroupKey } from "./actor.ts";
import type { Group } from "./policy.ts";

/**
 * All groups that someone holds: the given ones and whatever they imply, over any number of steps.
 *
 * A key that no app declares stays (a link's own role is one) and implies nothing. Circles end.
 */
export function closeGroups(
  groups: ReadonlyMap<string, Group>,
  held: Iterable<GroupKey>,
): ReadonlySet<GroupKey> {
  const closed = new Set<GroupKey>(held);
  for (const key of closed) for (const implied of groups.get(key)?.implies ?? []) closed.add(implied);
  return closed;
}
