import type { Readable } from "node:stream";
import type { z } from "zod";

/** A method whose answer is a stream of bytes, with something known before the first one. */
export interface Download<Input extends z.ZodType = z.ZodType, Head extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly input: Input;
  /** What is known before the first byte; travels in a header, so it is small. */
  readonly head: Head;
}

/** A method that is sent a stream of bytes and answers with lines: progress, then the result. */
export interface Upload<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** Travels in a header, so it is small. */
  readonly input: Input;
  readonly output: Output;
}

/** What answers a {@link Download}: a body that ends early is destroyed, and its reader notices. */
export interface ByteAnswer<Head> {
  readonly head: Head;
  readonly body: Readable;
}

/** Declares a method that answers with bytes. */
export function defineDownload<Input extends z.ZodType, Head extends z.ZodType>(
  declaration: Download<Input, Head>,
): Download<Input, Head> {
  return Object.freeze(declaration);
}

/** Declares a method that takes bytes. */
export function defineUpload<Input extends z.ZodType, Output extends z.ZodType>(
  declaration: Upload<Input, Output>,
): Upload<Input, Output> {
  return Object.freeze(declaration);
}

/** Headers in which small JSON travels beside bytes. */
export const inputHeader = "holdfast-input";
export const headHeader = "holdfast-head";
/** Node refuses headers over 16 KiB together. */
export const headerBytes = 8_192;

/** Small JSON as a header's value. */
export function toHeader(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** @throws SyntaxError when it is not what {@link toHeader} makes. */
export function fromHeader(text: string): unknown {
  return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
}
