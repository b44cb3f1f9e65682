import { appendFileSync, renameSync, statSync } from "node:fs";
import { jsonLog, type Log } from "@holdfast/kernel/log";

const maxBytes = 10_485_760;

/**
 * A log file that never grows beyond twice its limit: full, it becomes `<name>.1` in place of the
 * former one. Synchronous, so that the last words of a dying process are in it.
 */
export class LogFile {
  readonly path: string;
  readonly #maxBytes: number;
  #bytes: number;

  constructor(path: string, limitBytes = maxBytes) {
    this.path = path;
    this.#maxBytes = limitBytes;
    this.#bytes = sizeOf(path);
  }

  /** Appends; a disk that is full loses log lines and nothing else. */
  write(text: string | Uint8Array): void {
    const bytes = Buffer.from(text);
    try {
      if (this.#bytes + bytes.length > this.#maxBytes) this.#rotate();
      appendFileSync(this.path, bytes, { mode: 0o600 });
      this.#bytes += bytes.length;
    } catch {
      // There is nowhere left to say it.
    }
  }

  log(part: string): Log {
    return jsonLog(part, (line) => this.write(line));
  }

  #rotate(): void {
    if (this.#bytes > 0) renameSync(this.path, `${this.path}.1`);
    this.#bytes = 0;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
