import { Check } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { rememberRecent } from "../frame/recents.ts";
import { TopBar } from "../frame/top-bar.tsx";
import { guardLeaving, navigate } from "../router/history.ts";
import { recordUrl } from "../router/routes.ts";
import { FailureNotice } from "../ui/failure-panel.tsx";
import { queryClient } from "../wire/queries.ts";
import type { ModelDescription } from "../wire/shapes.ts";
import type { Values } from "../wire/values.ts";
import { ConflictDialog } from "./conflict-dialog.tsx";
import { type Draft, draftValue } from "./draft.ts";
import { FieldRow } from "./field-row.tsx";
import { FormActions } from "./form-actions.tsx";
import { formViewOf, knownSections } from "./form-layout.ts";
import { FormTabs } from "./form-tabs.tsx";
import { LeaveDialog } from "./leave-dialog.tsx";
import type { LoadedForm } from "./load-form.ts";
import { StatusBar } from "./status-bar.tsx";
import { TranslationsButton } from "./translations-button.tsx";
import { type Editor, useEditor } from "./use-editor.ts";

interface FormBodyProps {
  readonly model: ModelDescription;
  readonly loaded: LoadedForm;
  readonly given: Values;
}

/** A loaded record, ready to be edited. */
export function FormBody({ model, loaded, given }: FormBodyProps) {
  const editor = useEditor(model, loaded, given);
  const view = formViewOf(model);
  const name = recordName(model, editor.draft);
  const title =
    name ||
    (editor.draft.id === null ? `New ${model.label.toLowerCase()}` : `${model.label} ${editor.draft.id}`);
  const save = useSaving(model, editor, loaded);
  const leaving = useLeaveGuard(editor);
  useRemember(model, editor, name);
  return (
    <div className="form-main">
      <TopBar title={title} mark={<SaveMark editor={editor} />}>
        <FormActions model={model} editor={editor} onSave={save} name={title} />
      </TopBar>
      <StatusBar model={model} view={view} editor={editor} onSave={save} />
      <form
        className="form-sheet"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {editor.failure ? <FailureNotice failure={editor.failure} onClose={editor.dismissFailure} /> : null}
        <TitleField model={model} editor={editor} fieldName={view.title} fallback={title} />
        <div className="form-sections">
          {knownSections(view, model.fields).map((section) => (
            <section key={section.fields.join()} className="form-section">
              {section.label ? <h2>{section.label}</h2> : null}
              {section.fields.map((field) => (
                <FieldRow key={field} model={model} editor={editor} name={field} />
              ))}
            </section>
          ))}
        </div>
        <FormTabs model={model} view={view} editor={editor} parts={loaded.parts} />
        <button type="submit" hidden />
      </form>
      {editor.conflicts.length > 0 ? <ConflictDialog model={model} editor={editor} /> : null}
      {leaving.dialog ? <LeaveDialog {...leaving.dialog} /> : null}
    </div>
  );
}

/** Whether what was typed is with the server; said aloud when a save is done. */
function SaveMark({ editor }: { readonly editor: Editor }) {
  return (
    <>
      {editor.dirty ? (
        <span className="dirty-mark" title="Not saved yet">
          <span className="unseen">Not saved yet</span>
        </span>
      ) : null}
      <span className="saved-mark" role="status">
        {editor.saved ? (
          <>
            <Check className="icon" aria-hidden />
            <span>Saved</span>
          </>
        ) : null}
      </span>
    </>
  );
}

function TitleField({
  model,
  editor,
  fieldName,
  fallback,
}: {
  readonly model: ModelDescription;
  readonly editor: Editor;
  readonly fieldName: string;
  readonly fallback: string;
}) {
  const field = model.fields[fieldName];
  if (!field || field.readonly || field.type !== "char") {
    const title = field?.type === "char" ? draftValue(editor.draft, fieldName) : null;
    return <p className="form-title">{typeof title === "string" && title !== "" ? title : fallback}</p>;
  }
  const error = editor.errors[fieldName];
  return (
    <div className={`form-title-field ${field.translate ? "translated" : ""}`}>
      <input
        className="form-title input quiet"
        aria-label={field.string}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? "title-error" : undefined}
        aria-required={field.required || undefined}
        // biome-ignore lint/a11y/noAutofocus: a new record starts with its name
        autoFocus={editor.draft.id === null}
        placeholder={field.string}
        maxLength={field.size}
        autoComplete="off"
        value={String(draftValue(editor.draft, fieldName) ?? "")}
        onChange={(event) => editor.setValue(fieldName, event.target.value)}
      />
      {model.rights.write ? <TranslationsButton model={model.model} editor={editor} field={field} /> : null}
      {error ? (
        <p id="title-error" className="field-error" role="alert">
          {error}
        </p>
      ) : null}
    </div>
  );
}

/** Saves; a new record gets its own address, on the same screen: whoever types on loses nothing. */
function useSaving(
  model: ModelDescription,
  editor: Editor,
  loaded: LoadedForm,
): () => Promise<number | null> {
  return async () => {
    const id = await editor.save();
    if (id === null) focusFirstError();
    else if (location.pathname === recordUrl(model.model, "new")) {
      queryClient.setQueryData(["form", model.model, id], { ...loaded, draft: editor.current() });
      await navigate(recordUrl(model.model, id), { replace: true, trail: "keep", continues: true });
    }
    return id;
  };
}

/** A form saves itself when it is left; when that fails the person decides. */
function useLeaveGuard(editor: Editor) {
  const [dialog, setDialog] = useState<{ onStay: () => void; onDiscard: () => void } | null>(null);
  const { dirty, saveAll, discard } = editor;
  const leave = useCallback(async () => {
    if ((await saveAll()) !== null) return true;
    return new Promise<boolean>((resolve) => {
      const answer = (go: boolean) => () => {
        setDialog(null);
        if (go) discard();
        resolve(go);
      };
      setDialog({ onStay: answer(false), onDiscard: answer(true) });
    });
  }, [saveAll, discard]);
  useEffect(() => {
    if (!dirty) return;
    const release = guardLeaving(leave);
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => {
      release();
      window.removeEventListener("beforeunload", warn);
    };
  }, [dirty, leave]);
  return { dialog };
}

function useRemember(model: ModelDescription, editor: Editor, name: string): void {
  const { id } = editor.draft;
  const saved = !editor.dirty;
  useEffect(() => {
    if (id !== null && saved && name) rememberRecent({ model: model.model, id, name });
  }, [model.model, id, saved, name]);
}

function recordName(model: ModelDescription, draft: Draft): string {
  const value = draftValue(draft, model.displayName);
  return typeof value === "string" ? value : "";
}

function focusFirstError(): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(".form-screen [aria-invalid=true]")?.focus(),
  );
}
