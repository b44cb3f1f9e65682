import { randomUUID } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";

/** What a part that was started with die-at-write.ts reads: at which of its writes it dies. While it is not there, none counts. */
export class DieAt {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** From now on writes are counted from one, and the part dies at this one. @param write - infinity only counts. */
  arm(write: number): void {
    writeFileSync(`${this.path}.count`, "0");
    // Never twice the same: an agent that lives on begins to count anew.
    writeFileSync(this.path, `${write} ${randomUUID()}`);
  }

  /** @returns how many writes were counted. */
  disarm(): number {
    rmSync(this.path, { force: true });
    return Number(readFileSync(`${this.path}.count`, "utf8"));
  }
}
