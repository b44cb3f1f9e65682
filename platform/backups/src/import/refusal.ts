import { ExpectedError } from "@holdfast/kernel/errors";

/** A zip that is not one of ours, or means harm. Nothing of it was kept. */
export function importRefusal(why: string, options: { cause?: unknown; hint?: string } = {}): ExpectedError {
  return new ExpectedError("invalid", `the zip is refused: ${why}`, {
    hint:
      options.hint ??
      "import a zip as it was downloaded; docs/restore-without-holdfast.md says what it holds",
    cause: options.cause,
  });
}
