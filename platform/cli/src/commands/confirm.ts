import { createInterface } from "node:readline/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Screen } from "../terminal.ts";

/** What is about to die, and what must be typed to let it. */
export interface Confirmation {
  readonly dies: string;
  readonly name: string;
  /** From --yes. */
  readonly given: string | true | undefined;
}

/**
 * Says what dies and goes on only when its name was typed or given.
 *
 * @throws ExpectedError `conflict` on another name, or where nobody can be asked. Nothing was done then.
 */
export async function confirm(screen: Screen, { dies, name, given }: Confirmation): Promise<void> {
  screen.write(`${dies}\n`);
  const typed = given ?? (await ask(`Type ${name} to go on: `, name));
  if (typed !== name) throw new ExpectedError("conflict", `"${typed}" is not "${name}"; nothing was done`);
}

async function ask(question: string, name: string): Promise<string> {
  if (!process.stdin.isTTY)
    throw new ExpectedError("conflict", "nobody can be asked here", { hint: `add --yes ${name}` });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}
