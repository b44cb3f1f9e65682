import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import type { Inventory } from "./inventory.ts";

const program = fileURLToPath(new URL("./judge-main.ts", import.meta.url));

/** The judge, in a process of its own. */
export class Judge {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(folder: DataFolder) {
    this.#child = spawn(process.execPath, [program, folder.root], { stdio: ["pipe", "pipe", "inherit"] });
    if (!this.#child.stdout) throw new Error("the judge has no voice");
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Everything that is there now. One look at a time. */
  async look(): Promise<Inventory> {
    this.#child.stdin?.write("look\n");
    const { value, done } = await this.#answers.next();
    if (done) throw new Error("the judge has died");
    const answer: { inventory?: Inventory; error?: string } = JSON.parse(value);
    if (answer.inventory) return answer.inventory;
    throw new Error(`the judge could not look: ${answer.error}`);
  }

  close(): void {
    this.#child.kill("SIGKILL");
  }
}
