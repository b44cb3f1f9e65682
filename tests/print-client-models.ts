/** Prints tests/client-models.ts: `node tests/print-client-models.ts > tests/client-models.ts`. */
import { clientModels } from "./client-models-of.ts";
import { companyHost } from "./company-host.ts";

const host = await companyHost();
process.stdout.write(await clientModels(host));
await host.close();
