import { inventory, listVaults, type Vault } from "@holdfast/protocol/agent-methods";
import type { Claim, Finding, ProbeContext } from "@holdfast/trust/claim";
import { counted, Verdict } from "@holdfast/trust/verdict";
import { z } from "zod";

const published = z.object({
  dataCenters: z.array(
    z.object({
      name: z.string(),
      dataCenter: z.string(),
      city: z.string(),
      country: z.string(),
      continent: z.string(),
      provider: z.string(),
      simulated: z.boolean(),
    }),
  ),
});
type Published = z.output<typeof published>["dataCenters"][number];

/** BAK-3: where backups are is no secret. */
export const publishedPlaces: Claim = {
  id: "BAK-3",
  promise: "Where backups are kept is published: every data center with its city and country, and no other.",
  method:
    "A stranger reads the public page and its twin for programs, and compares them with the vaults of the part that writes backups, place by place. Every vault in which an object really lies must be among them.",
  maxAgeMinutes: 720,
  probe,
};

async function probe(context: ProbeContext): Promise<Finding> {
  const verdict = new Verdict();
  const { vaults } = await context.agent(listVaults, {});
  const { vaultObjects } = await context.agent(inventory, {});
  const shown = await readTwin(context, verdict);
  const page = await context.visitor(`${context.urlOf("panel")}/trust`, { headers: { accept: "text/html" } });
  verdict.expect(page.status === 200, "the public page does not open", `status ${page.status}`);
  for (const vault of vaults) {
    const match = shown.find(({ name }) => name === vault.name);
    verdict.expect(
      match !== undefined && same(match, vault),
      "a data center is not published as it is",
      `${vault.name}: ${JSON.stringify(match)}`,
    );
    verdict.expect(
      rowOf(page.body, vault).every((word) => word),
      "the public page lacks a data center or its place",
      vault.name,
    );
    if (vault.simulated) verdict.simulated();
  }
  const known = new Set(vaults.map(({ name }) => name));
  for (const { name } of shown)
    verdict.expect(known.has(name), "a data center is published that there is not", name);
  for (const { vault } of vaultObjects)
    verdict.expect(
      shown.some(({ name }) => name === vault),
      "backups lie in a place that is not published",
      vault,
    );
  return verdict.finding(
    `the public page names ${counted(shown.length, "data center")}, ${counted(vaults.length, "vault")} and ${counted(vaultObjects.length, "stored object")} were compared`,
    ": they agree",
  );
}

async function readTwin({ visitor, urlOf }: ProbeContext, verdict: Verdict): Promise<readonly Published[]> {
  const { status, body } = await visitor(`${urlOf("panel")}/trust.json`);
  const parsed = status === 200 ? published.safeParse(JSON.parse(body)) : undefined;
  if (parsed?.success && parsed.data.dataCenters.length > 0) return parsed.data.dataCenters;
  verdict.problem("the public list of data centers cannot be read", `status ${status}`);
  return [];
}

function same(shown: Published, vault: Vault): boolean {
  const keys = ["dataCenter", "city", "country", "continent", "provider", "simulated"] as const;
  return keys.every((key) => shown[key] === vault[key]);
}

/** Whether the row of a vault on the page has each of its words. */
function rowOf(page: string, vault: Vault): boolean[] {
  const row = new RegExp(`<tr data-vault="${vault.name}">(.*?)</tr>`, "s").exec(page)?.[1] ?? "";
  const words = [vault.dataCenter, vault.city, vault.country, vault.continent];
  return [...words.map((word) => row.includes(word)), row.includes("simulated") === vault.simulated];
}
