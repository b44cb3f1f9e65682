import { Archive, ArchiveRestore, ChevronDown, ChevronUp, Copy, Ellipsis, Link2, Trash2 } from "lucide-react";
import { useEffect, useRef } from "react";
import { formatCount } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import { listPosition, stepInList } from "../list/pager.ts";
import { setArchived } from "../record/archive.ts";
import { deleteWithUndo } from "../record/pending-deletes.ts";
import { navigate } from "../router/history.ts";
import { listUrl, recordUrl } from "../router/routes.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { MenuButton, type MenuEntry } from "../ui/menu.tsx";
import { useStore } from "../ui/store.ts";
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
      {isNew || dirty ? null : <Pager model={model} id={draft.id} />}
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

/** Where the record stands in the list it was opened from, and the ways to its neighbours: Alt-P, Alt-N. */
function Pager({ model, id }: { readonly model: ModelDescription; readonly id: number | null }) {
  const position = useStore(listPosition);
  const known = position && position.model === model.model && position.id === id ? position : null;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const step = { KeyN: 1, KeyP: -1 }[event.code] as 1 | -1 | undefined;
      if (!event.altKey || !step || !known) return;
      event.preventDefault();
      stepInList(known, step).catch(showFailure);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [known]);
  if (!known || known.total < 2) return null;
  const step = (by: 1 | -1) => () => void stepInList(known, by).catch(showFailure);
  return (
    <div className="pager">
      <span className="numeric soft">
        {formatCount(known.index + 1, locale)} of {formatCount(known.total, locale)}
      </span>
      <IconButton
        small
        icon={ChevronUp}
        label="Previous"
        keys="Alt P"
        isDisabled={known.index === 0}
        onPress={step(-1)}
      />
      <IconButton
        small
        icon={ChevronDown}
        label="Next"
        keys="Alt N"
        isDisabled={known.index + 1 >= known.total}
        onPress={step(1)}
      />
    </div>
  );
}

function shareEntries(model: ModelDescription, id: number | null): MenuEntry[] {
  const link: MenuEntry = { key: "link", label: "Copy the link", icon: Link2, act: () => void copyLink() };
  const duplicate: MenuEntry = {
    key: "duplicate",
    label: "Duplicate",
    icon: Copy,
    act: () => void copyRecord(model, id),
  };
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
      void navigate(listUrl(model.model), { trail: "keep", unguarded: true }).then(() =>
        deleteWithUndo(model, [id], `“${name}”`),
      );
    },
  };
  return [
    ...(model.fields["active"] && model.rights.write ? [archive] : []),
    ...(model.rights.unlink ? [remove] : []),
  ];
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
