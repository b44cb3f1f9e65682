import { Readable } from "node:stream";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId, UploadId } from "@holdfast/kernel/id";
import type { Log } from "@holdfast/kernel/log";
import type { UploadState } from "@holdfast/protocol/upload-methods";
import { toWire } from "@holdfast/protocol/wire";
import { uploadLimits } from "./upload-limits.ts";
import type { UploadNote } from "./upload-note.ts";
import { uploadStep } from "./upload-steps.ts";
import type { StoredUpload, UploadOwner, UploadStore, UploadWish } from "./upload-store.ts";

/** What takes a whole zip in. */
export type TakeIn = (taking: {
  readonly note: UploadNote;
  readonly body: Readable;
  readonly signal: AbortSignal;
  /** Keeps in mind which tenant is made for it, and null once that is no longer empty. */
  readonly made: (tenantId: TenantId | null) => void;
}) => Promise<Extract<NonNullable<UploadNote["ended"]>, { readonly backupId: string }>>;

/** See {@link Uploads.take}. */
interface HowToTake {
  /** Whom it becomes. */
  readonly as: UploadNote["as"];
  readonly work: TakeIn;
}

interface Taking {
  readonly stop: AbortController;
  readonly done: Promise<void>;
  doneBytes: number;
}

/** Failures of the zip itself, or of what is kept of it: taking in the same bytes again would change nothing. */
const final: ReadonlySet<string> = new Set(["invalid", "too_large", "bad_request", "gone"]);

/**
 * Zips that come in by pieces and are taken in once they are whole. Taking in does not end with whoever asked for it:
 * it is asked how far it is. What a killed control was about stays whole and is asked for again. Claim BAK-4.
 */
export class Uploads {
  readonly #store: UploadStore;
  readonly #log: Log;
  readonly #steps: Parameters<typeof uploadStep>[0];
  readonly #takings = new Map<UploadId, Taking>();
  /** Failures after which the bytes are still here: told once more, then tried again. */
  readonly #failed = new Map<UploadId, NonNullable<UploadNote["ended"]>>();
  /** What is under way for each owner: of beginning, taking in and dropping one thing after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #sweeping: NodeJS.Timeout;

  constructor(store: UploadStore, log: Log, failpoint: (name: string) => void = () => undefined) {
    this.#store = store;
    this.#log = log;
    this.#steps = { failpoint };
    this.sweep();
    this.#sweeping = setInterval(() => this.sweep(), uploadLimits.sweepMs).unref();
  }

  async begin(owner: UploadOwner, wish: UploadWish): Promise<UploadState> {
    return this.#inTurn(owner, async () => {
      const former = await this.#found(owner);
      const stop = async () => former && this.#stop(former.note.uploadId);
      const begin = () => this.#store.begin(owner, wish, stop);
      return this.#state(await uploadStep(this.#steps, "begin", begin));
    });
  }

  async look(owner: UploadOwner): Promise<UploadState | null> {
    const found = await this.#found(owner);
    return found === undefined ? null : this.#state(found);
  }

  async append(owner: UploadOwner, uploadId: UploadId, { offset, block }: { offset: number; block: Buffer }) {
    const upload = await this.#store.one(owner, uploadId);
    const keep = () => this.#store.append(upload, offset, block);
    const isNext = offset === upload.reach.offset && (await uploadStep(this.#steps, "keep a block", keep));
    return { isNext, offset: upload.reach.offset, digest: upload.reach.digest.toString("hex") };
  }

  /**
   * Begins to take it in, or goes on with that.
   *
   * @throws ExpectedError `conflict` while some of it is missing, or when it becomes another customer already.
   */
  async take(owner: UploadOwner, uploadId: UploadId, how: HowToTake): Promise<UploadState> {
    return this.#inTurn(owner, () => this.#take(owner, uploadId, how));
  }

  async #take(owner: UploadOwner, uploadId: UploadId, { as, work }: HowToTake): Promise<UploadState> {
    const upload = await this.#store.one(owner, uploadId);
    if (upload.note.ended !== null || this.#takings.has(uploadId)) {
      refuseOther(upload.note.as, as);
      return this.#state(upload);
    }
    if (!upload.isWhole)
      throw new ExpectedError("conflict", "Not all of this zip is here yet.", {
        hint: "Send the rest first.",
      });
    if (as !== null) upload.rewrite({ as });
    this.#failed.delete(uploadId);
    this.#start(upload, work);
    return this.#state(upload);
  }

  /** @returns whether there was anything to drop. */
  async drop(owner: UploadOwner, uploadId: UploadId): Promise<boolean> {
    return this.#inTurn(owner, async () => {
      await this.#store.one(owner, uploadId);
      await this.#stop(uploadId);
      return uploadStep(this.#steps, "drop", () => this.#store.drop(owner));
    });
  }

  sweep(): void {
    const removed = this.#store.sweep((id) => this.#takings.has(id));
    if (removed > 0) this.#log("info", "unfinished uploads were dropped", { removed });
  }

  /** Tenants that a control which was killed made for zips: perhaps not yet there, seldom no longer empty. */
  leftTenants(): TenantId[] {
    return this.#store.notes().flatMap(({ made }) => made ?? []);
  }

  /** It is not to be let go any more. To be called before anything is taken in. */
  forgetLeftTenant(tenantId: TenantId): void {
    this.#store.forgetMade(tenantId);
  }

  /** Ends what is being taken in; the bytes stay. */
  async close(): Promise<void> {
    clearInterval(this.#sweeping);
    await Promise.all([...this.#takings.keys()].map((id) => this.#stop(id)));
  }

  async #inTurn<T>({ tenantId, person }: UploadOwner, work: () => Promise<T>): Promise<T> {
    const whose = `${tenantId}/${person}`;
    const turn = (this.#turns.get(whose) ?? Promise.resolve()).then(work);
    const ended = turn.then(noMatter, noMatter);
    this.#turns.set(whose, ended);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(whose) === ended) this.#turns.delete(whose);
    }
  }

  #start(upload: StoredUpload, work: TakeIn): void {
    const { uploadId } = upload.note;
    const stop = new AbortController();
    const count = (bytes: number): void => {
      taking.doneBytes += bytes;
    };
    let spoiled: unknown;
    const notice = (error: unknown): void => {
      spoiled = error;
    };
    const body = Readable.from(counted(upload.blocks.read(), { count, notice }), { objectMode: false });
    const made = (tenantId: TenantId | null) => upload.rewrite({ made: tenantId });
    const run = async (): Promise<void> => {
      try {
        const ended = await work({ note: upload.note, body, signal: stop.signal, made });
        await this.#keepEnd(upload, { made: null, ended });
      } catch (error) {
        await this.#end(upload, spoiled ?? error);
      } finally {
        body.destroy();
        this.#takings.delete(uploadId);
      }
    };
    const taking: Taking = { stop, doneBytes: 0, done: Promise.resolve().then(run) };
    this.#takings.set(uploadId, taking);
    taking.done.catch((error: unknown) =>
      this.#log("error", "how an upload ended could not be kept", { error }),
    );
  }

  async #end(upload: StoredUpload, error: unknown): Promise<void> {
    const reference = crypto.randomUUID();
    if (!(error instanceof ExpectedError))
      this.#log("error", "a zip could not be taken in", { reference, error });
    const ended = { error: toWire(error, reference) };
    // A customer that could not be let go stays noted.
    if (final.has(ended.error.code)) await this.#keepEnd(upload, { ended });
    else this.#failed.set(upload.note.uploadId, ended);
  }

  async #keepEnd(upload: StoredUpload, end: Partial<Pick<UploadNote, "made" | "ended">>): Promise<void> {
    await uploadStep(this.#steps, "note how it ended", () => upload.rewrite(end));
    await uploadStep(this.#steps, "forget the bytes", () => upload.forgetBytes());
  }

  async #stop(uploadId: UploadId): Promise<void> {
    const taking = this.#takings.get(uploadId);
    taking?.stop.abort(new ExpectedError("unavailable", "Taking this zip in was stopped."));
    await taking?.done.catch(() => undefined);
    this.#failed.delete(uploadId);
  }

  /** What cannot be read any more is dropped: nobody could go on with it. */
  async #found(owner: UploadOwner): Promise<StoredUpload | undefined> {
    try {
      return await this.#store.of(owner);
    } catch (error) {
      if (!(error instanceof ExpectedError && error.code === "gone")) throw error;
      await this.#store.drop(owner);
      return undefined;
    }
  }

  #state(upload: StoredUpload): UploadState {
    const { uploadId, name, metadata, bytes, ended } = upload.note;
    const taking = this.#takings.get(uploadId);
    return {
      uploadId,
      name,
      metadata,
      bytes,
      offset: ended === null ? upload.reach.offset : 0,
      digest: upload.reach.digest.toString("hex"),
      expiresAt: new Date(this.#store.expiresMs(upload.folder, upload.note)).toISOString(),
      taking: taking === undefined ? null : { doneBytes: Math.min(bytes, taking.doneBytes) },
      ended: ended ?? this.#failed.get(uploadId) ?? null,
    };
  }
}

const noMatter = (): void => undefined;

/** Of one zip one customer is made: who asks for another must not be told that it was made. */
function refuseOther(former: UploadNote["as"], as: UploadNote["as"]): void {
  if (as === null || (former?.customer === as.customer && former.email === as.email)) return;
  throw new ExpectedError("conflict", `This zip is taken in as "${former?.customer ?? "a backup"}".`, {
    hint: "Send it once more for another customer when that has ended.",
  });
}

interface Counting {
  readonly count: (bytes: number) => void;
  /** What cannot be read ends the whole, whatever those say who were sent it. */
  readonly notice: (error: unknown) => void;
}

async function* counted(blocks: AsyncIterable<Buffer>, { count, notice }: Counting) {
  try {
    for await (const block of blocks) {
      yield block;
      count(block.byteLength);
    }
  } catch (error) {
    notice(error);
    throw error;
  }
}
