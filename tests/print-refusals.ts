/** Prints docs/refusals.txt: `node tests/print-refusals.ts > docs/refusals.txt`. */
import { companyHost } from "./company-host.ts";
import { refusals } from "./refusals.ts";

const host = await companyHost();
process.stdout.write((await refusals(host)).text);
await host.close();
