/** Reads a stream in the pieces that a parser asks for. Memory: one chunk of the source and what is asked for. */
export class ByteSource {
  readonly #source: AsyncIterator<Buffer>;
  readonly #refusal: (why: string) => Error;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes given out so far. */
  at = 0;

  /** @param refusal - the error for a source that is not what it should be, and why. */
  constructor(source: AsyncIterable<Buffer>, refusal: (why: string) => Error) {
    this.#refusal = refusal;
    this.#source = source[Symbol.asyncIterator]();
  }

  /** @throws the refusal when the stream ends before. */
  async exactly(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.upTo(count)) parts.push(part);
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  async *upTo(count: number): AsyncGenerator<Buffer> {
    let left = count;
    while (left > 0) {
      if (await this.ended()) throw this.#refusal("it ends too early");
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.byteLength);
      this.at += part.byteLength;
      left -= part.byteLength;
      yield part;
    }
  }

  async ended(): Promise<boolean> {
    while (this.#rest.byteLength === 0) {
      const next = await this.#source.next();
      if (next.done === true) return true;
      this.#rest = next.value;
    }
    return false;
  }
}
