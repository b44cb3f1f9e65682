import type { FormButton, FormView } from "@holdfast/framework/views/view";
import { ChevronDown } from "lucide-react";
import { useEffect, useState } from "react";
import { useActionRunner } from "../actions/run-action.tsx";
import { screenActions } from "../frame/palette-state.ts";
import { Button } from "../ui/button.tsx";
import { MenuButton } from "../ui/menu.tsx";
import { showFailure } from "../ui/toasts.ts";
import type { ModelDescription } from "../wire/shapes.ts";
import { AskDialog } from "./ask-dialog.tsx";
import { draftValue } from "./draft.ts";
import type { Editor } from "./use-editor.ts";

/** Most buttons at once; the view names the important ones first, the others are in a menu. */
const maxButtons = 3;

interface StatusBarProps {
  readonly model: ModelDescription;
  readonly view: FormView;
  readonly editor: Editor;
  readonly onSave: () => Promise<number | null>;
}

/** What can be done next at the left, where the record stands at the right. */
export function StatusBar({ model, view, editor, onSave }: StatusBarProps) {
  const [asking, setAsking] = useState<FormButton | null>(null);
  const runner = useActionRunner({ onDone: () => void editor.reload() });
  const offered = (view.buttons ?? []).filter((button) => isOffered(button, editor));
  const buttons = offered.length > maxButtons ? offered.slice(0, maxButtons) : offered;
  const others = offered.slice(buttons.length);
  const status = view.status ? model.fields[view.status] : undefined;
  const run = async (button: FormButton, answers: Readonly<Record<string, unknown>> = {}) => {
    const id = editor.dirty || editor.draft.id === null ? await onSave() : editor.draft.id;
    if (id === null) return null;
    const { method, label } = button;
    return runner.call({ model: model.model, ids: [id], method, answers, label });
  };
  const press = (button: FormButton) => {
    if (button.confirm || (button.ask ?? []).length > 0) setAsking(button);
    else void run(button).then((failure) => failure && showFailure(failure));
  };
  useOfferedInPalette(offered, press);
  if (buttons.length === 0 && !status) return null;
  return (
    <div className="status-bar">
      <div className="status-buttons">
        {buttons.map((button) => (
          <Button
            key={`${button.method} ${button.label}`}
            look={button.primary ? "primary" : "secondary"}
            isDisabled={runner.busy || editor.saving}
            onPress={() => press(button)}
          >
            {button.label}
          </Button>
        ))}
        {others.length > 0 ? (
          <MenuButton
            label="Other actions"
            placement="bottom start"
            trigger={
              <Button icon={ChevronDown} isDisabled={runner.busy || editor.saving}>
                Other actions
              </Button>
            }
            groups={[
              {
                key: "others",
                entries: others.map((button) => ({
                  key: `${button.method} ${button.label}`,
                  label: button.label,
                  act: () => press(button),
                })),
              },
            ]}
          />
        ) : null}
      </div>
      {status && view.status ? (
        <StatusChips
          options={status.selection ?? []}
          current={String(draftValue(editor.draft, view.status) ?? "")}
          label={status.string}
        />
      ) : null}
      {asking ? (
        <AskDialog
          button={asking}
          onClose={() => setAsking(null)}
          onRun={(answers) => run(asking, answers)}
        />
      ) : null}
      {runner.dialog}
    </div>
  );
}

/** The states a record goes through, the current one marked. States that are dead ends show only when reached. */
function StatusChips({
  options,
  current,
  label,
}: {
  readonly options: readonly (readonly [string, string])[];
  readonly current: string;
  readonly label: string;
}) {
  const at = options.findIndex(([key]) => key === current);
  return (
    <ol className="status-chips" aria-label={label}>
      {options.map(([key, words], index) =>
        key !== current && /cancel|fail|error|lost|reject|refus/.test(key) ? null : (
          <li
            key={key}
            className={index < at ? "past" : ""}
            aria-current={key === current ? "step" : undefined}
          >
            {words}
          </li>
        ),
      )}
    </ol>
  );
}

function isOffered(button: FormButton, editor: Editor): boolean {
  if (button.filled && !draftValue(editor.draft, button.filled)) return false;
  if (!button.when) return true;
  return button.when.in.includes(String(draftValue(editor.draft, button.when.field) ?? ""));
}

function useOfferedInPalette(buttons: readonly FormButton[], press: (button: FormButton) => void): void {
  const key = buttons.map((button) => button.label).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the buttons are told apart by their methods
  useEffect(() => {
    screenActions.set(
      buttons.map((button) => ({ key: button.label, label: button.label, act: () => press(button) })),
    );
    return () => screenActions.set([]);
  }, [key]);
}
