import { Operation } from "@holdfast/panel/operation";
import { z } from "zod";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

/** Until a restore was measured here. Slow on purpose: nobody minds when it is done sooner. */
const assumedBytesPerSecond = 5_000_000;
/** What every restore takes, however small: safety backup, schema, swap. */
const baseSeconds = 5;
const measuredAtMost = 20;
/** Of a load shorter than this the rate says nothing. */
const leastMilliseconds = 500;

const measuredSchema = z.object({
  loadMilliseconds: z.number(),
  summary: z.object({ rowBytes: z.number().optional(), fileBytes: z.number() }),
});

/**
 * How long a restore of so many bytes takes, from the rate of the last ones here; the slowest third counts, so
 * that the forecast is rather kept than missed. Loading, comparing and the safety backup read everything once each.
 */
export async function forecastSeconds({ data }: Pick<Parts, "data">, bytes: number): Promise<number> {
  const done = await data
    .reading(controlActor)
    .of(Operation)
    .searchRead(
      [
        ["kind", "in", ["backup.restore", "backup.restore_over", "backup.prove"]],
        ["state", "=", "done"],
      ],
      ["result"],
      { order: "id desc", limit: measuredAtMost },
    );
  const rates = done
    .flatMap(({ result }) => {
      const measured = measuredSchema.safeParse(result);
      if (!measured.success || measured.data.loadMilliseconds < leastMilliseconds) return [];
      const { loadMilliseconds, summary } = measured.data;
      return [((summary.rowBytes ?? 0) + summary.fileBytes) / (loadMilliseconds / 1_000)];
    })
    .filter((rate) => rate > 0)
    .sort((one, other) => one - other);
  const rate = rates[Math.floor(rates.length / 3)] ?? assumedBytesPerSecond;
  const readings = 3;
  return Math.ceil(baseSeconds + (readings * bytes) / rate);
}
