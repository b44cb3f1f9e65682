import { Archive, ArchiveRestore, Copy, Ellipsis, Link2, Trash2 } from "lucide-react";
import { useEffect, useRef } from "react";
import { setArchived } from "../record/archive.ts";
import { deleteWithUndo } from "../record/pending-deletes.ts";
import { navigate } from "../router/history.ts";
import { listUrl, recordUrl } from "../router/routes.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { MenuButton, type MenuEntry } from "../ui/menu.tsx";
import { showFailure, showToast } from "../ui/toasts.ts";
import { callMethod } from "../wire/call.ts";
import type { ModelDescription } from "../wire/shapes.ts";
import { draftValue } from "./draft.ts";
import type { Editor } from "./use-editor.ts";

interface FormActionsProps {
  readonly model: ModelDescription;
  readonly editor: Editor;
  readonly onSave: () => Promise<number | null>;
  readonly name: string;
}

/** Save and discard while something is unsaved; the rest of what can be done with a record in a menu. */
export function FormActions({ model, editor, onSave, name }: FormActionsProps) {
  const { dirty, saving, draft } = editor;
  const isNew = draft.id === null;
  const canSave = isNew ? model.rights.create : model.rights.write;
  const discard = () => (isNew ? void leaveNew(model, editor) : editor.discard());
  useSaveKeys(canSave && (dirty || isNew) ? onSave : null, discard);
  return (
    <>
      {canSave && (dirty || isNew) ? (
        <div className="save-actions">
          <Button onPress={discard} isDisabled={saving}>
            Discard
          </Button>
          <Button look="primary" onPress={() => void onSave()} isDisabled={saving} aria-keyshortcuts="Alt+S">
            {saving ? "Saving…" : "Save"}
          </Button>
        </div>
      ) : null}
      {isNew ? null : (
        <MenuButton
          label="More"
          placement="bottom end"
          trigger={<IconButton icon={Ellipsis} label="More" />}
          groups={[
            { key: "copy", entries: shareEntries(model, draft.id) },
            { key: "end", entries: endEntries(model, editor, name) },
          ]}
        />
      )}
    </>
  );
}

function shareEntries(model: ModelDescription, id: number | null): MenuEntry[] {
  const link: MenuEntry = { key: "link", label: "Copy the link", icon: Link2, act: () => void copyLink() };
  const duplicate: MenuEntry = { key: "duplicate", label: "Duplicate", icon: Copy, act: () => void copyRecord(model, id) };
  return model.rights.create ? [duplicate, link] : [link];
}

function endEntries(model: ModelDescription, editor: Editor, name: string): MenuEntry[] {
  const id = editor.draft.id ?? 0;
  const active = draftValue(editor.draft, "active") !== false;
  const archive: MenuEntry = {
    key: "archive",
    label: active ? "Archive" : "Restore",
    icon: active ? Archive : ArchiveRestore,
    act: () => void setArchived(model, [id], active).then(() => editor.reload(), showFailure),
  };
  const remove: MenuEntry = {
    key: "delete",
    label: "Delete",
    icon: Trash2,
    danger: true,
    act: () => {
      editor.discard();
      void navigate(listUrl(model.model), { trail: "keep", unguarded: true }).then(() => deleteWithUndo(model.model, [id], `“${name}”`));
    },
  };
  return [...(model.fields["active"] && model.rights.write ? [archive] : []), ...(model.rights.unlink ? [remove] : [])];
}

async function leaveNew(model: ModelDescription, editor: Editor): Promise<void> {
  editor.discard();
  if (history.length > 1 && history.state?.trail?.length > 0) history.back();
  else await navigate(listUrl(model.model), { unguarded: true });
}

async function copyLink(): Promise<void> {
  await navigator.clipboard.writeText(location.origin + location.pathname);
  showToast({ message: "The link is in the clipboard.", level: "success" });
}

async function copyRecord(model: ModelDescription, id: number | null): Promise<void> {
  try {
    const made = await callMethod(model.model, "copy", { args: [[id]] });
    await navigate(recordUrl(model.model, Number(Array.isArray(made) ? made[0] : made)), { trail: "keep" });
    showToast({ message: "This is the duplicate.", level: "success" });
  } catch (error) {
    showFailure(error);
  }
}

/** Alt-S or Ctrl-S saves, Alt-J discards. */
function useSaveKeys(save: (() => Promise<number | null>) | null, discard: () => void): void {
  const actions = useRef({ save, discard });
  actions.current = { save, discard };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const wantsSave = event.code === "KeyS" && (event.altKey || event.ctrlKey || event.metaKey);
      const wantsDiscard = event.code === "KeyJ" && event.altKey;
      if (!wantsSave && !wantsDiscard) return;
      event.preventDefault();
      if (!actions.current.save) return;
      if (wantsSave) void actions.current.save();
      else actions.current.discard();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}
