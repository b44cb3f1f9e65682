/**
 * The judge's process: for each line on its input it looks at everything and answers with one line of JSON.
 * It shares no memory, connection or socket with what it judges.
 */
import { createInterface } from "node:readline";
import { dataFolder, readConfig } from "@holdfast/protocol/data-folder";
import { takeInventory } from "./inventory.ts";

const folder = dataFolder(process.argv[2] ?? "");
const { controlTenantId } = readConfig(folder);
for await (const _line of createInterface({ input: process.stdin })) {
  const answer = await takeInventory(folder, controlTenantId).then(
    (inventory) => ({ inventory }),
    (error: unknown) => ({
      error: error instanceof Error ? `${error.message} ${error.cause ?? ""}` : String(error),
    }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
