import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import { newId, type TenantId, type UploadId } from "@holdfast/kernel/id";
import type { Random } from "@holdfast/kernel/random";
import { uploadBlockBytes } from "@holdfast/protocol/upload-methods";
import { type Reach, SealedBlocks } from "./sealed-blocks.ts";
import { uploadLimits } from "./upload-limits.ts";
import { blocksName, readNote, type UploadNote, writeNote } from "./upload-note.ts";
import {
  bothHeld,
  type Disk,
  diskOf,
  type Held,
  noneHeld,
  refuseFullDisk,
  refuseUpload,
} from "./upload-room.ts";

/** Whose upload it is. A person has at most one in each database, so that the two find it. */
export interface UploadOwner {
  readonly tenantId: TenantId;
  readonly person: number;
}

/** What a new upload is. */
export type UploadWish = Pick<UploadNote, "name" | "metadata" | "bytes" | "as">;

export interface UploadStoreOptions {
  readonly root: string;
  readonly clock: Clock;
  readonly random: Random;
  /** The keys that blocks of a tenant are or were sealed under, the present one first. */
  readonly keysOf: (tenantId: TenantId) => Promise<readonly Uint8Array[]>;
  /** Bytes that restores need: counted before any upload. */
  readonly roomForRestores: () => Promise<number>;
  readonly disk?: () => Promise<Disk>;
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
  #restores: { readonly bytes: Promise<number>; readonly untilMs: number } | undefined;

  constructor(options: UploadStoreOptions) {
    this.#options = options;
  }

  /**
   * One after the other: what one has announced the next one sees. The owner's former upload goes once nothing stands
   * in the way of the new one.
   *
   * @param stop - ends what is done with the former one.
   * @throws ExpectedError `too_many` when the customer, or all, have as many as they may; see {@link refuseUpload}.
   */
  async begin(
    owner: UploadOwner,
    wish: UploadWish,
    stop: () => Promise<void> = nothing,
  ): Promise<StoredUpload> {
    const begun = this.#beginning.then(() => this.#begin(owner, wish, stop));
    this.#beginning = begun.catch(() => undefined);
    return begun;
  }

  async #begin(owner: UploadOwner, wish: UploadWish, stop: () => Promise<void>): Promise<StoredUpload> {
    const { clock, random } = this.#options;
    const folder = this.#folderOf(owner);
    await this.#refuse(owner, wish.bytes);
    await stop();
    await this.drop(owner);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const uploadId = newId<"upload">(clock.now(), random.bytes(10));
    writeNote(folder, { ...owner, ...wish, uploadId, beganMs: clock.now(), made: null, ended: null });
    const found = await this.of(owner);
    if (found === undefined) throw new Error("an upload that was begun is there");
    return found;
  }

  async #refuse(owner: UploadOwner, bytes: number): Promise<void> {
    const { root } = this.#options;
    const former = this.#folderOf(owner);
    const others = this.#folders().filter((folder) => folder !== former && isUnfinished(folder));
    const own = others.filter((folder) => folder.startsWith(join(root, owner.tenantId, "/")));
    if (own.length >= uploadLimits.ofCustomer || others.length >= uploadLimits.inAll)
      throw new ExpectedError("too_many", "Others are sending zips that are not taken in yet.", {
        hint: "Wait until they have ended, or ask them to cancel.",
      });
    const held = (folders: readonly string[]) =>
      folders.map((each) => this.#held(each)).reduce(bothHeld, noneHeld);
    const formerBytes = this.#held(former).here;
    const restoreBytes = await this.#restoreBytes();
    const disk = await this.#disk();
    refuseUpload(bytes, { disk, restoreBytes, own: held(own), all: held(others), formerBytes });
  }

  /** What an upload counts for: all that was announced while it moves, what is here once it stands still. */
  #held(folder: string): Held {
    const note = readNote(folder);
    if (note === undefined) return noneHeld;
    const here = statSync(join(folder, blocksName(note)), { throwIfNoEntry: false })?.size ?? 0;
    const moves = this.#movedMs(folder, note) + uploadLimits.announcedMs > this.#options.clock.now();
    return { counted: moves ? Math.max(note.bytes, here) : here, here };
  }

  #disk(): Promise<Disk> {
    const { root, disk = () => diskOf(root) } = this.#options;
    return disk();
  }

  #restoreBytes(): Promise<number> {
    const now = this.#options.clock.now();
    if (this.#restores === undefined || this.#restores.untilMs <= now) {
      const looked = { bytes: this.#options.roomForRestores(), untilMs: now + uploadLimits.roomHoldsMs };
      looked.bytes.catch(() => {
        if (this.#restores === looked) this.#restores = undefined;
      });
      this.#restores = looked;
    }
    return this.#restores.bytes;
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
    refuseFullDisk(await this.#disk(), {
      moreBytes: block.byteLength,
      restoreBytes: await this.#restoreBytes(),
    });
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
    const idleMs = this.#movedMs(folder, note) + uploadLimits.idleMs;
    return Math.min(note.beganMs + uploadLimits.wholeMs, idleMs);
  }

  #movedMs(folder: string, note: UploadNote): number {
    return Math.max(note.beganMs, mtimeMs(join(folder, blocksName(note))), mtimeMs(folder));
  }

  /** Removes what is over, and what a killed process left: what is no upload, bytes that are taken in. @returns how many. */
  sweep(isBusy: (upload: UploadId) => boolean): number {
    for (const folder of this.#folders()) {
      const note = readNote(folder);
      if (note !== undefined && note.ended !== null) rmSync(join(folder, blocksName(note)), { force: true });
    }
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

  /** That this tenant was made for one of them. */
  forgetMade(tenantId: TenantId): void {
    for (const folder of this.#folders()) {
      const note = readNote(folder);
      if (note?.made === tenantId) writeNote(folder, { ...note, made: null });
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

const nothing = async (): Promise<void> => undefined;

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
