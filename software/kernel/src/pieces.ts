import { Transform, type TransformCallback } from "node:stream";

/** Gathers bytes into pieces of one size and knows the last one only when the stream ends. */
export abstract class Pieces extends Transform {
  readonly #size: number;
  #filled = 0;
  #buffer: Buffer;

  constructor(size: number) {
    super();
    this.#size = size;
    this.#buffer = Buffer.allocUnsafe(size);
  }

  protected abstract piece(bytes: Buffer, last: boolean): void;
  protected abstract header(bytes: Buffer): Buffer;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#guarded(done, () => this.#add(this.header(chunk)));
  }

  override _flush(done: TransformCallback): void {
    this.#guarded(done, () => this.piece(this.#buffer.subarray(0, this.#filled), true));
  }

  #add(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.byteLength) {
      if (this.#filled === this.#size) {
        this.piece(this.#buffer, false);
        this.#filled = 0;
      }
      const copied = bytes.copy(this.#buffer, this.#filled, at);
      at += copied;
      this.#filled += copied;
    }
  }

  #guarded(done: TransformCallback, work: () => void): void {
    try {
      work();
    } catch (error) {
      return done(error as Error);
    }
    done();
  }
}
