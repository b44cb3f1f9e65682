import { refusal } from "./refusal.ts";

/**
 * The record on which a button works that takes one.
 *
 * @param what - for the person: "one contact".
 * @param several - `refused`, or only the first of them counts: for buttons that merely lead to a page.
 * @throws `invalid` when none was chosen, or more than one and that is refused.
 */
export function oneChosen(
  ids: readonly number[],
  what: string,
  several: "first counts" | "refused" = "first counts",
): number {
  const [id, ...more] = ids;
  const hint = `Choose ${what}.`;
  if (several === "refused" && (id === undefined || more.length > 0))
    throw refusal("invalid", "Not exactly one record was chosen.", hint);
  if (id === undefined) throw refusal("invalid", "No record was chosen.", hint);
  return id;
}
