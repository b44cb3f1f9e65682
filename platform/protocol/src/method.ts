import { ExpectedError } from "@holdfast/kernel/errors";
import { z } from "zod";

/** How far a long method has come. `total` is null while nobody knows it. */
export const progressSchema = z.object({
  step: z.string().max(200),
  done: z.number().nonnegative(),
  total: z.number().nonnegative().nullable(),
  unit: z.string().max(20),
});
export type Progress = z.output<typeof progressSchema>;

/**
 * One message between two parts: its name on the wire and what goes in and out, checked on both ends.
 * A method with `progress` answers with many lines and may run for hours; others with one body, soon.
 */
export interface Method<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly input: Input;
  readonly output: Output;
  readonly progress: boolean;
}

/** A method as its author writes it: one name, both ends validated. */
export interface MethodDeclaration<Input extends z.ZodType, Output extends z.ZodType> {
  readonly name: string;
  readonly input: Input;
  readonly output: Output;
  readonly progress?: boolean;
}

export type InputOf<M extends Method> = z.input<M["input"]>;
export type OutputOf<M extends Method> = z.output<M["output"]>;

/** At both ends: nothing of another shape is sent or handled. @throws ExpectedError `invalid` that names the place. */
export function checkedInput<Input extends z.ZodType>(
  { name, input }: { readonly name: string; readonly input: Input },
  value: unknown,
): z.output<Input> {
  const parsed = input.safeParse(value);
  if (!parsed.success) throw new ExpectedError("invalid", `${name}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

const nameShape = /^[a-z][A-Za-z]*(\.[a-z][A-Za-z]*)?$/;

/** Declares a method; its name is `subject.verb` and becomes the path of the request. */
export function defineMethod<Input extends z.ZodType, Output extends z.ZodType>(
  declaration: MethodDeclaration<Input, Output>,
): Method<Input, Output> {
  if (!nameShape.test(declaration.name)) throw new TypeError(`no method name: "${declaration.name}"`);
  return Object.freeze({ progress: false, ...declaration });
}
