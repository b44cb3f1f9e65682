import { createStore } from "../ui/store.ts";
import { showFailure, showToast } from "../ui/toasts.ts";
import { callMethod } from "../wire/call.ts";
import { failureOf, type RemoteFailure } from "../wire/failure.ts";
import { modelChanged } from "../wire/queries.ts";

/** A restoring that could go on if the person gave something up. */
export interface RestoreQuestion {
  readonly model: string;
  readonly ids: readonly number[];
  readonly failure: RemoteFailure;
}

/** Asked by the dialog of the frame; null: nothing to ask. */
export const restoreQuestion = createStore<RestoreQuestion | null>(null);

/**
 * Brings deleted records back and says so. What is in the way is said in the server's words; where it is only
 * relations that are gone, the person is asked whether to go on without them.
 *
 * @returns whether they are back.
 */
export async function restoreRecords(
  model: string,
  ids: readonly number[],
  leaveOut = false,
): Promise<boolean> {
  try {
    const answer = await callMethod(model, "trash_restore", { args: [ids], kwargs: { leave_out: leaveOut } });
    const { left_out: leftOut } = answer as { readonly left_out: readonly string[] };
    await modelChanged(model);
    const message = ids.length === 1 ? "Restored." : `${ids.length} records restored.`;
    showToast({
      message,
      hint: leftOut.join(" ") || undefined,
      level: leftOut.length > 0 ? "warning" : "success",
    });
    return true;
  } catch (error) {
    const failure = failureOf(error);
    if (failure.fields["leave_out"] === undefined) showFailure(error);
    else restoreQuestion.set({ model, ids, failure });
    return false;
  }
}
