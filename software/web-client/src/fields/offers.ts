import { useQuery } from "@tanstack/react-query";
import { recents } from "../frame/recents.ts";
import { usePaused } from "../search/search-box.tsx";
import { folded } from "../search/suggest.ts";
import { useStore } from "../ui/store.ts";
import { callMethod } from "../wire/call.ts";
import { modelQuery, nameQuery } from "../wire/queries.ts";
import type { Reference } from "../wire/values.ts";

/** What type-ahead offers: a record, or making one. */
export type Offer =
  | { readonly kind: "record"; readonly record: Reference; readonly recent: boolean }
  | { readonly kind: "create"; readonly name: string };

/** Tells offers of one list apart. */
export function offerKey(offer: Offer): string {
  return offer.kind === "record" ? String(offer.record.id) : "create";
}

/** Most recent records offered before anything is typed. */
const maxRecents = 4;

/**
 * Records that fit what is typed, recent ones first; creating one when nothing is called exactly so. Until the
 * server has answered what is typed now, only known records that fit are offered, and none is made: Enter must not
 * take an answer to something else.
 */
export function useOffers(
  model: string,
  typed: string,
  open: boolean,
): { readonly offers: readonly Offer[]; readonly pending: boolean } {
  const text = usePaused(typed.trim(), 90);
  const { data, isPending, isPlaceholderData } = useQuery({
    ...nameQuery(model, text),
    enabled: open && model !== "",
    placeholderData: (previous) => previous,
  });
  const description = useQuery({ ...modelQuery(model), enabled: open && model !== "" });
  const opened = useStore(recents);
  if (!open) return { offers: [], pending: true };
  const recent = opened
    .filter((one) => one.model === model && folded(one.name).includes(folded(typed.trim())))
    .slice(0, maxRecents);
  const known = new Set(recent.map((one) => one.id));
  const early = isPending || isPlaceholderData || text !== typed.trim();
  const others = (data ?? []).filter(
    (record) => !known.has(record.id) && (!early || folded(record.name).includes(folded(typed.trim()))),
  );
  const offers: Offer[] = [
    ...recent.map(({ id, name }) => ({ kind: "record", record: { id, name }, recent: true }) as const),
    ...others.map((record) => ({ kind: "record", record, recent: false }) as const),
  ];
  const exact = offers.some(
    (offer) => offer.kind === "record" && folded(offer.record.name) === folded(typed.trim()),
  );
  const creatable = typed.trim() !== "" && !early && !exact && description.data?.rights.create === true;
  return {
    offers: creatable ? [...offers, { kind: "create", name: typed.trim() }] : offers,
    pending: early,
  };
}

/** Makes a record by its name alone. */
export async function createNamed(model: string, name: string): Promise<Reference> {
  const pair = await callMethod(model, "name_create", { args: [name] });
  const [id, given] = Array.isArray(pair) ? pair : [pair, name];
  return { id: Number(id), name: String(given ?? name) };
}
