import { ExpectedError } from "@holdfast/kernel/errors";
import type { Trashed } from "../environment.ts";
import type { Model } from "../model.ts";
import type { Context } from "../records/context.ts";
import { readTrash } from "./read-trash.ts";
import { removeForever } from "./remove-forever.ts";
import { restore } from "./restore.ts";

/** The trash of one model for one actor. */
export function trashOf(context: Context, model: Model): Trashed {
  const held = () => {
    if (model.trash !== true)
      throw new ExpectedError(
        "not_found",
        `Records of "${model.label}" are deleted for good: there is no trash.`,
      );
    return context;
  };
  return {
    search: async (options = {}) => readTrash(held(), model, options),
    restore: async (ids, options) => restore(held(), model, ids, options),
    remove: async (ids) => removeForever(held(), model, ids),
  };
}
