import { formatValue } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import type { ModelDescription } from "../wire/shapes.ts";
import type { Editor } from "./use-editor.ts";

/** Two people changed the same fields: shows both, field by field, and lets this one choose. */
export function ConflictDialog({
  model,
  editor,
}: {
  readonly model: ModelDescription;
  readonly editor: Editor;
}) {
  const { conflicts, takeTheirs, save } = editor;
  const words = (field: string, value: (typeof conflicts)[number]["mine"]) => {
    const description = model.fields[field];
    return (description && formatValue(description, value, locale)) || "nothing";
  };
  return (
    <Dialog
      title="Someone else changed this meanwhile"
      onClose={takeTheirs}
      firm
      foot={
        <>
          <Button look="secondary" onPress={takeTheirs}>
            Take theirs
          </Button>
          <Button look="primary" onPress={() => void save({ overwrite: true })}>
            Save mine
          </Button>
        </>
      }
    >
      <p>Only what you both changed is listed; everything else is kept from both of you.</p>
      <table className="conflicts">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Saved meanwhile</th>
            <th scope="col">Yours</th>
          </tr>
        </thead>
        <tbody>
          {conflicts.map(({ field, theirs, mine }) => (
            <tr key={field}>
              <th scope="row">{model.fields[field]?.string ?? field}</th>
              <td>{words(field, theirs)}</td>
              <td>{words(field, mine)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
