import { formatCount } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import { showFailure, showUndo } from "../ui/toasts.ts";
import { callMethod } from "../wire/call.ts";
import { modelChanged } from "../wire/queries.ts";
import type { ModelDescription } from "../wire/shapes.ts";

/** Archives records or brings them back, with Undo. */
export async function setArchived(
  model: ModelDescription,
  ids: readonly number[],
  archived: boolean,
): Promise<void> {
  await writeActive(model.model, ids, !archived);
  const what = ids.length === 1 ? "1 record" : `${formatCount(ids.length, locale)} records`;
  showUndo(`${what} ${archived ? "archived" : "restored"}.`, () => {
    writeActive(model.model, ids, archived).catch(showFailure);
  });
}

async function writeActive(model: string, ids: readonly number[], active: boolean): Promise<void> {
  await callMethod(model, "write", { args: [ids, { active }] });
  await modelChanged(model);
}
