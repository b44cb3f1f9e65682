import { useQuery } from "@tanstack/react-query";
import { callMethod } from "../wire/call.ts";

/** Names asked for within this time go in one call. */
const gatherMs = 5;
/** Most ids of one call. */
const maxIds = 500;

interface Waiting {
  readonly id: number;
  readonly resolve: (name: string) => void;
  readonly reject: (error: unknown) => void;
}

const waiting = new Map<string, Waiting[]>();

/** The name of a record known by id alone; undefined until it is there. Many at once cost one call. */
export function useName(model: string, id: number): string | undefined {
  const { data } = useQuery({
    queryKey: ["name", model, id],
    queryFn: () => askName(model, id),
    enabled: model !== "",
    staleTime: 60_000,
  });
  return data;
}

function askName(model: string, id: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const queue = waiting.get(model) ?? [];
    if (queue.length === 0) setTimeout(() => void answer(model), gatherMs);
    waiting.set(model, [...queue, { id, resolve, reject }]);
  });
}

async function answer(model: string): Promise<void> {
  const asked = waiting.get(model) ?? [];
  waiting.delete(model);
  const ids = [...new Set(asked.map((one) => one.id))].slice(0, maxIds);
  try {
    const kwargs = {
      domain: [["id", "in", ids]],
      fields: ["display_name"],
      limit: ids.length,
      context: { active_test: false },
    };
    const rows = (await callMethod(model, "search_read", { kwargs })) as {
      id: number;
      display_name?: string;
    }[];
    const names = new Map(rows.map((row) => [row.id, row.display_name ?? ""]));
    for (const one of asked) one.resolve(names.get(one.id) ?? `#${one.id}`);
  } catch (error) {
    for (const one of asked) one.reject(error);
  }
}
