import type { DataSource } from "../model/environment.ts";
import { answer } from "./attacker.ts";
import { type SecretName, type Secrets, secretPlaces } from "./bisecting-secrets.ts";
import { type Ask, existenceWays, uniquenessWay, valueWays, type Way } from "./bisecting-ways.ts";

/** One way at one secret, as `salary by filter`. */
export interface Attempt {
  readonly name: string;
  readonly secret: SecretName;
  readonly way: Way;
}

/** All ways at all secrets. */
export const attempts: readonly Attempt[] = [
  ...(Object.keys(secretPlaces) as (keyof typeof secretPlaces)[]).flatMap((secret) =>
    Object.entries(valueWays).map(([by, way]) => ({ name: `${secret} by ${by}`, secret, way })),
  ),
  { name: "badge by uniqueness", secret: "badge", way: uniquenessWay },
  ...Object.entries(existenceWays).map(([by, way]) => ({
    name: `there by ${by}`,
    secret: "there" as const,
    way,
  })),
];

/** What one attack gave. */
export interface Loot {
  /** Every answer in order: an attacker who is told the same in two worlds knows nothing that tells them apart. */
  readonly answers: readonly string[];
  /** By attempt. */
  readonly guesses: ReadonlyMap<string, number | undefined>;
}

/** Makes these attempts; each chooses its next question by the answers so far. */
export async function steal(data: DataSource, chosen: readonly Attempt[]): Promise<Loot> {
  const answers: string[] = [];
  const guesses = new Map<string, number | undefined>();
  for (const { name, secret, way } of chosen) {
    const ask: Ask = async (run) => {
      const told = await answer(data, { name, run });
      answers.push(`${name}: ${JSON.stringify(told)}`);
      return told;
    };
    guesses.set(name, await way(ask, secretPlaces[secret as "salary"] ?? secretPlaces.salary));
  }
  return { answers, guesses };
}

/** Of a count of worlds: each secret in the first is another one in each that follows. */
export function secretsOf(seed: number): Secrets {
  const step = (prime: number, count: number) => ((seed + 1) * prime) % count;
  return {
    salary: step(619, 1024),
    token: step(40_503, 65_536),
    badge: step(151, 256),
    open: step(389, 1024),
    openText: step(25_931, 65_536),
    hiddenAge: step(787, 1024),
    hiddenName: step(50_021, 65_536),
    there: step(11, 16),
  };
}
