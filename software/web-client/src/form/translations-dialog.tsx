import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { locale } from "../frame/app-context.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-panel.tsx";
import { failureOf, type RemoteFailure } from "../wire/failure.ts";
import { modelChanged } from "../wire/queries.ts";
import type { FieldDescription } from "../wire/shapes.ts";
import { saveTranslations, type Text, textsQuery } from "./translations.ts";
import type { Editor } from "./use-editor.ts";

interface TranslationsDialogProps {
  readonly model: string;
  readonly id: number;
  readonly field: FieldDescription;
  readonly editor: Editor;
  readonly onClose: () => void;
}

/** One text in each language; an empty one is shown as the source's. Saves by itself, the form's other changes stay. */
export function TranslationsDialog({ model, id, field, editor, onClose }: TranslationsDialogProps) {
  const texts = useQuery(textsQuery(model, id, field.name));
  const [failure, setFailure] = useState<RemoteFailure | null>(null);
  const [saving, setSaving] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    event.stopPropagation();
    const given = new FormData(event.currentTarget);
    setSaving(true);
    try {
      const own = await saveTranslations(model, id, { field: field.name, texts: texts.data ?? [], given });
      if (own !== undefined) editor.take(field.name, own);
      void modelChanged(model);
      onClose();
    } catch (error) {
      setFailure(failureOf(error));
      setSaving(false);
    }
  };
  const refused = failure ?? (texts.error ? failureOf(texts.error) : null);
  return (
    <Dialog title={`${field.string} in other languages`} onClose={onClose}>
      {refused ? <FailureNotice failure={refused} onClose={() => setFailure(null)} /> : null}
      <form className="stack" onSubmit={(event) => void submit(event)}>
        {(texts.data ?? []).map((text) => (
          <TextIn key={text.language} text={text} field={field} />
        ))}
        <div className="stack-row">
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" type="submit" isDisabled={saving || !texts.data || field.readonly === true}>
            Save translations
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function TextIn({ text, field }: { readonly text: Text; readonly field: FieldDescription }) {
  const id = useId();
  const { language, source, value } = text;
  const shared = {
    id,
    name: language,
    lang: language.replace("_", "-"),
    className: "input",
    defaultValue: value,
    placeholder: source,
    readOnly: field.readonly === true,
  };
  return (
    <div className="stack-label">
      <label htmlFor={id}>{languageName(language)}</label>
      {field.type === "char" ? (
        <input {...shared} type="text" maxLength={field.size} autoComplete="off" />
      ) : (
        <textarea {...shared} rows={3} />
      )}
    </div>
  );
}

function languageName(code: string): string {
  return new Intl.DisplayNames(locale.language, { type: "language" }).of(code.replace("_", "-")) ?? code;
}
