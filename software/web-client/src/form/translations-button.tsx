import { Languages } from "lucide-react";
import { useState } from "react";
import { IconButton } from "../ui/button.tsx";
import type { FieldDescription } from "../wire/shapes.ts";
import { TranslationsDialog } from "./translations-dialog.tsx";
import type { Editor } from "./use-editor.ts";

/** Beside a translated text: what it is in the other languages. A new record is saved in one's own language first. */
export function TranslationsButton({
  model,
  editor,
  field,
}: {
  readonly model: string;
  readonly editor: Editor;
  readonly field: FieldDescription;
}) {
  const [open, setOpen] = useState(false);
  const { id } = editor.draft;
  if (!field.translate || id === null) return null;
  return (
    <>
      <IconButton
        icon={Languages}
        label={`${field.string} in other languages`}
        small
        className="translations-button"
        onPress={() => setOpen(true)}
      />
      {open ? (
        <TranslationsDialog
          model={model}
          id={id}
          editor={editor}
          field={field}
          onClose={() => setOpen(false)}
        />
      ) : null}
    </>
  );
}
