import { modelsModule } from "@holdfast/client/generate";
import type { CompanyHost } from "./company-host.ts";

const models = ["res.partner", "sale.order", "sale.order.line"];

/** The types that a seller's key for three models gives. */
export async function clientModels(host: CompanyHost): Promise<string> {
  const key = await host.tenant.identity.createApiKey(await host.userId("ann"), "types", { models });
  const answer = await fetch(`${host.url}/openapi.json`, { headers: { authorization: `Bearer ${key}` } });
  return modelsModule((await answer.json()) as never, "CompanyModels");
}
