import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import { newId, type TenantId, type UploadId } from "@holdfast/kernel/id";
import type { Random } from "@holdfast/kernel/random";
import { uploadBlockBytes } from "@holdfast/protocol/upload-methods";
import { refuseFullDisk } from "./room.ts";
import { type Reach, SealedBlocks } from "./sealed-blocks.ts";
import { uploadLimits } from "./upload-limits.ts";
import { blocksName, readNote, type UploadNote, writeNote } from "./upload-note.ts";

/** Whose upload it is. A person has at most one in each database, so that the two find it. */
export interface UploadOwner {
  readonly tenantId: TenantId;
  readonly person: number;
}

/** What a new upload is. */
export type UploadWish = Pick<UploadNote, "name" | "bytes" | "as">;

export interface UploadStoreOptions {
  readonly root: string;
  readonly clock: Clock;
  readonly random: Random;
  /** The keys that blocks of a tenant are or were sealed under, the present one first. */
  readonly keysOf: (tenantId: TenantId) => Promise<readonly Uint8Array[]>;
}

/** An upload that this process has opened. */
export class StoredUpload {
  readonly folder: string;
  readonly blocks: SealedBlocks;
  note: UploadNote;
  reach: Reach;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string, blocks: SealedBlocks, note: UploadNote, reach: Reach) {
    this.folder = folder;
    this.blocks = blocks;
    this.note = note;
    this.reach = reach;
  }

  get isWhole(): boolean {
    return this.reach.offset === this.note.bytes;
  }

  /** Keeps a block when it is the next one. Two senders at once never mix: one of them comes too late. */
  async append(offset: number, block: Buffer): Promise<boolean> {
    const work = async (): Promise<boolean> => {
      // The bytes of one that ended are gone, and do not come again: it counts as one that takes no room.
      if (offset !== this.reach.offset || this.isWhole || this.note.ended !== null) return false;
      this.reach = await this.blocks.append(this.reach, block);
      return true;
    };
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  rewrite(change: Partial<UploadNote>): void {
    this.note = { ...this.note, ...change };
    writeNote(this.folder, this.note);
  }

  /** The bytes go, the note of how it ended stays until its time is over. */
  forgetBytes(): void {
    rmSync(join(this.folder, blocksName(this.note)), { force: true });
  }
}

/** Zips on their way in, as sealed blocks below one folder: `<tenant>/<person>/`. One process alone works on it. */
export class UploadStore {
  readonly #options: UploadStoreOptions;
  readonly #open = new Map<string, Promise<StoredUpload>>();
  #beginning: Promise<unknown> = Promise.resolve();

  constructor(options: UploadStoreOptions) {
    this.#options = options;
  }

  /** @throws ExpectedError `too_many` when the customer, or all, have as many as they may; `unavailable` without room. */
  async begin(owner: UploadOwner, wish: UploadWish): Promise<StoredUpload> {
    const begun = this.#beginning.then(() => this.#begin(owner, wish));
    this.#beginning = begun.catch(() => undefined);
    return begun;
  }

  async #begin(owner: UploadOwner, wish: UploadWish): Promise<StoredUpload> {
    const { root, clock, random } = this.#options;
    await this.drop(owner);
    const others = this.#folders().filter((each) => isUnfinished(each));
    const own = others.filter((folder) => folder.startsWith(join(root, owner.tenantId, "/")));
    if (own.length >= uploadLimits.ofCustomer || others.length >= uploadLimits.inAll)
      throw new ExpectedError("too_many", "Others are sending zips that are not taken in yet.", {
        hint: "Wait until they have ended, or ask them to cancel.",
      });
    await refuseFullDisk(root, wish.bytes);
    const folder = this.#folderOf(owner);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const uploadId = newId<"upload">(clock.now(), random.bytes(10));
    writeNote(folder, { ...owner, ...wish, uploadId, beganMs: clock.now(), made: null, ended: null });
    const found = await this.of(owner);
    if (found === undefined) throw new Error("an upload that was begun is there");
    return found;
  }

  /** @returns undefined when the owner has none, or its time is over. */
  async of(owner: UploadOwner): Promise<StoredUpload | undefined> {
    const folder = this.#folderOf(owner);
    const note = readNote(folder);
    if (note === undefined || this.expiresMs(folder, note) <= this.#options.clock.now()) return undefined;
    const known = this.#open.get(folder);
    if (known !== undefined) return known;
    const opening = this.#openFolder(folder, note);
    this.#open.set(folder, opening);
    opening.catch(() => this.#open.delete(folder));
    return opening;
  }

  /** @throws ExpectedError `not_found` unless it is the owner's and under way. */
  async one(owner: UploadOwner, uploadId: UploadId): Promise<StoredUpload> {
    const found = await this.of(owner);
    if (found?.note.uploadId === uploadId) return found;
    throw new ExpectedError("not_found", "There is no such upload.", { hint: "Begin again." });
  }

  async append(upload: StoredUpload, offset: number, block: Buffer): Promise<boolean> {
    const { bytes } = upload.note;
    if (block.byteLength === 0 || block.byteLength !== Math.min(uploadBlockBytes, bytes - offset))
      throw new ExpectedError("invalid", `A block has ${uploadBlockBytes} bytes, only the last one fewer.`);
    await refuseFullDisk(this.#options.root, block.byteLength);
    try {
      return await upload.append(offset, block);
    } catch (cause) {
      if (existsSync(upload.folder)) throw cause;
      throw new ExpectedError("not_found", "This upload was ended meanwhile.", { cause });
    }
  }

  /** @returns whether there was one. */
  async drop(owner: UploadOwner): Promise<boolean> {
    return this.#remove(this.#folderOf(owner));
  }

  /** When it is dropped unless more of it comes. */
  expiresMs(folder: string, note: UploadNote): number {
    const blocks = join(folder, blocksName(note));
    const movedMs = Math.max(note.beganMs, mtimeMs(blocks), mtimeMs(folder));
    return Math.min(note.beganMs + uploadLimits.wholeMs, movedMs + uploadLimits.idleMs);
  }

  /** Removes what is over, and what a killed process left that is no upload. @returns how many. */
  sweep(isBusy: (upload: UploadId) => boolean): number {
    const over = this.#folders().filter((folder) => {
      const note = readNote(folder);
      if (note === undefined) return true;
      return !isBusy(note.uploadId) && this.expiresMs(folder, note) <= this.#options.clock.now();
    });
    for (const folder of over) this.#remove(folder);
    return over.length;
  }

  /** Every note there is. */
  notes(): UploadNote[] {
    return this.#folders().flatMap((folder) => readNote(folder) ?? []);
  }

  /** That no database was made for any of them. */
  forgetMade(): void {
    for (const folder of this.#folders()) {
      const note = readNote(folder);
      if (note !== undefined && note.made !== null) writeNote(folder, { ...note, made: null });
    }
  }

  async #openFolder(folder: string, note: UploadNote): Promise<StoredUpload> {
    const { random, keysOf } = this.#options;
    const keys = await keysOf(note.tenantId);
    const path = join(folder, blocksName(note));
    const blocks = new SealedBlocks({ path, bytes: note.bytes, context: note.uploadId, keys, random });
    return new StoredUpload(folder, blocks, note, await blocks.reach());
  }

  #remove(folder: string): boolean {
    this.#open.delete(folder);
    const was = existsSync(folder);
    rmSync(folder, { recursive: true, force: true });
    return was;
  }

  #folderOf({ tenantId, person }: UploadOwner): string {
    return join(this.#options.root, tenantId, String(person));
  }

  #folders(): string[] {
    const { root } = this.#options;
    return namesIn(root).flatMap((tenant) =>
      namesIn(join(root, tenant)).map((person) => join(root, tenant, person)),
    );
  }
}

function isUnfinished(folder: string): boolean {
  return readNote(folder)?.ended === null;
}

function namesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
}

function mtimeMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
