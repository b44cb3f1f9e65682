import { createHash, timingSafeEqual } from "node:crypto";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Client, SFTPWrapper } from "ssh2";
import { limits } from "./limits.ts";
import { Hearing, type Patience, Silence, Watch } from "./patience.ts";
import type { VaultPlace } from "./vault.ts";
import { troubleOf, VaultError } from "./vault-error.ts";

/** A folder on a server that is reached by SFTP, with the login of one role: the writer's, or retention's. */
export interface SftpVaultSpec {
  readonly kind: "sftp";
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The server's host key as `ssh-keygen -lf` shows it: `SHA256:…`. Any other is refused. */
  readonly hostKey: string;
  /** The login's private key, OpenSSH or PEM, without a passphrase. */
  readonly privateKey: string;
  /** Holds `incoming/` and `store/`; "" where the login is locked into that folder. Else absolute, without "/" at its end. */
  readonly path: string;
  /** How much must stay free on its disk, if the server tells; default 256 MiB. */
  readonly freeBytes?: number;
  readonly bytesPerSecond?: number;
  /** As the last check measured. */
  readonly enforced: boolean;
  readonly place: Omit<VaultPlace, "enforced">;
}

/** SFTP's answers that mean something to us. Source: draft-ietf-secsh-filexfer-02, section 7. */
export const sftpCode = { endOfFile: 1, noSuchFile: 2, permissionDenied: 3, failure: 4 } as const;

type Done<T> = (error: Error | null | undefined, value?: T) => void;

interface Opened {
  readonly client: Client;
  readonly sftp: SFTPWrapper;
}

/** One connection, made with the first request and made anew after it broke. */
export class SftpConnection {
  readonly spec: SftpVaultSpec;
  readonly #hearing: Hearing;
  /** What waits for an answer, the making of the connection too: each ends here when nothing comes. */
  readonly #awaited = new Set<(silence: Silence) => void>();
  #watch: Watch | undefined;
  #client: Client | undefined;
  #opened: Promise<Opened> | undefined;

  constructor(spec: SftpVaultSpec, patience?: Patience) {
    this.spec = spec;
    this.#hearing = new Hearing(spec.place.name, patience);
  }

  /**
   * Makes one request. A server that answers none for too long counts as away; one that is silent twice is asked no
   * more.
   *
   * @throws VaultError, or ExpectedError `not_found` for a missing file.
   */
  async run<T = void>(start: (sftp: SFTPWrapper, done: Done<T>) => unknown): Promise<T> {
    this.#hearing.check();
    try {
      this.#opened ??= this.#open();
      const { sftp } = await this.#opened;
      return await this.#answered((resolve, reject) =>
        start(sftp, (error, value) => (error ? reject(error) : resolve(value as T))),
      );
    } catch (error) {
      throw error instanceof Silence ? this.#hearing.silent(error) : sftpError(this.spec, error);
    }
  }

  /** Ends what is under way too. No polite end: a server that is silent would keep its socket, and this process. */
  async close(): Promise<void> {
    this.#drop();
  }

  #drop(): void {
    this.#client?.destroy();
    [this.#client, this.#opened] = [undefined, undefined];
  }

  async #open(): Promise<Opened> {
    const { default: ssh } = await import("ssh2");
    const client = new ssh.Client();
    this.#client = client;
    const { host, port, user, privateKey, hostKey } = this.spec;
    const ready = this.#answered<SFTPWrapper>((resolve, reject) => {
      client.once("ready", () => client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))));
      // Kept: an error that comes later is told by the request that it breaks, and ends nothing else.
      client.on("error", (error: Error & { readonly level?: string }) =>
        error.level === "client-timeout" ? this.#silent() : reject(error),
      );
      client.once("close", () => {
        if (this.#client === client) this.#drop();
        reject(new Lost());
      });
    });
    client.connect({
      host,
      port,
      username: user,
      privateKey,
      hostVerifier: (key: Buffer) => isPinned(key, hostKey),
      readyTimeout: 0, // the watch covers it, and the opening of the channel
      keepaliveInterval: limits.keepaliveMs,
      keepaliveCountMax: 3,
    });
    try {
      return { client, sftp: await ready };
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  /** One that is not told in time ends with all others, and with the connection: they wait for the same line. */
  #answered<T>(start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const ended = () => {
        if (!this.#awaited.delete(reject)) return;
        this.#hearing.moved(limits.sftpRequestBytes);
        if (this.#awaited.size > 0) return this.#watch?.answered();
        this.#watch?.end();
        this.#watch = undefined;
      };
      this.#awaited.add(reject);
      this.#watch ??= this.#watching();
      start(
        (value) => {
          ended();
          resolve(value);
        },
        (error) => {
          ended();
          reject(error);
        },
      );
    });
  }

  #watching(): Watch {
    const watched = { moved: () => 0, isAwaited: () => true, onSilence: () => this.#silent() };
    return new Watch(watched, this.#hearing.patience);
  }

  #silent(): void {
    this.#watch?.end();
    this.#watch = undefined;
    const [all, silence] = [[...this.#awaited], new Silence()];
    this.#awaited.clear();
    this.#drop();
    for (const reject of all) reject(silence);
  }
}

/** The server went. */
class Lost extends Error {
  override readonly name = "Lost";
}

/** @returns whether a server's key is the one that was written down for it. */
function isPinned(key: Buffer, pinned: string): boolean {
  const shown = Buffer.from(fingerprint(key));
  const wanted = Buffer.from(pinned);
  return shown.byteLength === wanted.byteLength && timingSafeEqual(shown, wanted);
}

/** A host key's name as OpenSSH shows it. @param key - the public key as it is sent. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** A failure of the library, the server or the network as one of the vault; one that is already stays. */
function sftpError({ place, user }: SftpVaultSpec, error: unknown): unknown {
  if (error instanceof ExpectedError || !(error instanceof Error)) return error;
  const vault = place.name;
  const { code, level } = error as { readonly code?: number | string; readonly level?: string };
  if (code === sftpCode.noSuchFile)
    return new ExpectedError("not_found", `vault "${vault}" has no such object`, { cause: error });
  if (code === sftpCode.permissionDenied)
    return new VaultError(vault, "refused", { why: "denies it", cause: error });
  if (level === "client-authentication")
    return new VaultError(vault, "refused", { why: `does not let "${user}" in with this key`, cause: error });
  if (/host denied|verification failed/i.test(error.message))
    return new VaultError(vault, "refused", {
      why: "shows another host key than the one written down for it",
      hint: "ask its provider over another way whether the key was changed, then add the vault anew",
      cause: error,
    });
  if (typeof code === "string" || level !== undefined || error instanceof Lost || isSilence(error.message))
    return new VaultError(vault, awayOr(code), { why: "does not answer", cause: error });
  return new VaultError(vault, "lying", { why: `fails with answer ${code ?? error.name}`, cause: error });
}

const isSilence = (message: string) => /no response|not connected|timed out|closed|ended/i.test(message);

function awayOr(code: number | string | undefined) {
  const trouble = typeof code === "string" ? troubleOf(code) : "away";
  return trouble === "refused" ? trouble : "away";
}
