import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { limits } from "./limits.ts";
import { type Hearing, Silence, Watch } from "./patience.ts";

type Asked = Parameters<NodeHttpHandler["handle"]>[0];
type Options = NonNullable<Parameters<NodeHttpHandler["handle"]>[1]>;
type Answer = Awaited<ReturnType<NodeHttpHandler["handle"]>>;

/**
 * Makes the library's requests and ends one whose server says nothing: in a handshake, before its answer, within it,
 * or while it takes a body a byte at a time. Ended by {@link PatientRequests.end}, none is left, nor its socket.
 */
export class PatientRequests extends NodeHttpHandler {
  readonly #hearing: Hearing;
  readonly #ended = new AbortController();

  constructor(hearing: Hearing, options: ConstructorParameters<typeof NodeHttpHandler>[0]) {
    super(options);
    this.#hearing = hearing;
  }

  /** @throws Silence */
  override async handle(asked: Asked, options: Options = {}): Promise<Answer> {
    const watched = new WatchedRequest(this.#hearing, asked);
    const signals = [this.#ended.signal, watched.silent, options.abortSignal as AbortSignal | undefined];
    const abortSignal = AbortSignal.any(signals.filter((signal) => signal !== undefined));
    try {
      const answer = await super.handle(watched.sent, { ...options, abortSignal });
      watched.reads(answer.response.body as IncomingMessage);
      return answer;
    } catch (error) {
      watched.end();
      watched.silent.throwIfAborted();
      throw error;
    }
  }

  /** Aborts what is under way, and refuses what comes. */
  end(): void {
    this.#ended.abort(new Error("the vault was closed"));
    this.destroy();
  }
}

/** One request, with all that moves for it. */
class WatchedRequest {
  readonly #hearing: Hearing;
  readonly #watch: Watch;
  readonly #times: number;
  readonly #silence = new AbortController();
  readonly sent: Asked;
  #body: Readable | undefined;
  #taken = 0;
  #answer: IncomingMessage | undefined;
  #readBefore = 0;

  constructor(hearing: Hearing, asked: Asked) {
    this.#hearing = hearing;
    const isCompleting = asked.method === "POST" && "uploadId" in (asked.query ?? {});
    this.#times = isCompleting ? limits.vaultCompleteTimes : 1;
    this.#watch = new Watch(
      {
        moved: () => this.#moved(),
        isAwaited: () => (this.#answer?.readableLength ?? 0) === 0,
        onSilence: () => this.#giveUp(),
      },
      hearing.patience,
      this.#times,
    );
    this.sent = this.#inPieces(asked);
  }

  /** Aborted when the server said nothing for too long. */
  get silent(): AbortSignal {
    return this.#silence.signal;
  }

  /** The answer has begun; it is watched to its end. */
  reads(answer: IncomingMessage): void {
    this.#hearing.moved(this.#taken);
    this.#answer = answer;
    this.#readBefore = answer.socket?.bytesRead ?? 0;
    this.#watch.answered(this.#times);
    answer.once("close", () => this.end());
  }

  end(): void {
    this.#watch.end();
    this.#body?.destroy();
  }

  /** A body in memory goes in pieces, so that it shows how much of it was taken. */
  #inPieces(asked: Asked): Asked {
    const { body } = asked;
    if (!(body instanceof Uint8Array) || body.byteLength <= limits.vaultPieceBytes) return asked;
    this.#body = Readable.from(this.#pieces(body), {
      objectMode: false,
      highWaterMark: limits.vaultPieceBytes,
    });
    return Object.assign(Object.create(Object.getPrototypeOf(asked)), asked, { body: this.#body });
  }

  *#pieces(body: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < body.byteLength; at += limits.vaultPieceBytes) {
      this.#taken = at;
      yield body.subarray(at, at + limits.vaultPieceBytes);
    }
    this.#taken = body.byteLength;
  }

  #moved(): number {
    const read = (this.#answer?.socket?.bytesRead ?? this.#readBefore) - this.#readBefore;
    return this.#taken + Math.max(0, read);
  }

  #giveUp(): void {
    const silence = new Silence();
    this.#silence.abort(silence);
    this.#answer?.destroy(silence);
    this.end();
  }
}
