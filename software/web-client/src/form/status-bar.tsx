import type { FormButton, FormView } from "@holdfast/framework/views/view";
import { useEffect, useState } from "react";
import { useActionRunner } from "../actions/run-action.tsx";
import { screenActions } from "../frame/palette-state.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import type { ModelDescription } from "../wire/shapes.ts";
import { draftValue } from "./draft.ts";
import type { Editor } from "./use-editor.ts";

/** Most buttons at once; the view names the important ones first. */
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
  const buttons = (view.buttons ?? []).filter((button) => isOffered(button, editor)).slice(0, maxButtons);
  const status = view.status ? model.fields[view.status] : undefined;
  const run = async (button: FormButton, answers: Readonly<Record<string, unknown>> = {}) => {
    setAsking(null);
    const id = editor.dirty || editor.draft.id === null ? await onSave() : editor.draft.id;
    if (id !== null) await runner.call({ model: model.model, ids: [id], method: button.method, answers, label: button.label });
  };
  const press = (button: FormButton) => (button.confirm || asks(button).length > 0 ? setAsking(button) : void run(button));
  useOfferedInPalette(buttons, press);
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
      </div>
      {status && view.status ? <StatusChips options={status.selection ?? []} current={String(draftValue(editor.draft, view.status) ?? "")} label={status.string} /> : null}
      {asking ? <AskDialog button={asking} onClose={() => setAsking(null)} onRun={(answers) => void run(asking, answers)} /> : null}
      {runner.dialog}
    </div>
  );
}

/** The states a record goes through, the current one marked. States that are dead ends show only when reached. */
function StatusChips({ options, current, label }: { readonly options: readonly (readonly [string, string])[]; readonly current: string; readonly label: string }) {
  const at = options.findIndex(([key]) => key === current);
  return (
    <ol className="status-chips" aria-label={label}>
      {options.map(([key, words], index) =>
        key !== current && /cancel|fail|error|lost|reject|refus/.test(key) ? null : (
          <li key={key} className={index < at ? "past" : ""} aria-current={key === current ? "step" : undefined}>
            {words}
          </li>
        ),
      )}
    </ol>
  );
}

interface AskDialogProps {
  readonly button: FormButton;
  readonly onClose: () => void;
  readonly onRun: (answers: Readonly<Record<string, unknown>>) => void;
}

/** What a button wants to know or be sure of before it runs. */
function AskDialog({ button, onClose, onRun }: AskDialogProps) {
  const fields = asks(button);
  return (
    <Dialog title={`${button.label}?`} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          onRun(Object.fromEntries(fields.map((field) => [field.name, answerOf(field.type, given.get(field.name))])));
        }}
      >
        {button.confirm ? <p>{button.confirm}</p> : null}
        {fields.map((field, index) => (
          <label key={field.name} className="stack-label">
            {field.label}
            {field.options ? (
              <select className="input" name={field.name} defaultValue={field.value ?? ""} required={field.required ?? false}>
                {field.options.map(([key, words]) => (
                  <option key={key} value={key}>
                    {words}
                  </option>
                ))}
              </select>
            ) : (
              <input
                className={field.type === "boolean" ? "check" : "input"}
                type={field.type === "boolean" ? "checkbox" : field.type === "integer" ? "number" : "text"}
                name={field.name}
                defaultValue={field.type === "boolean" ? undefined : (field.value ?? "")}
                required={(field.required ?? false) && field.type !== "boolean"}
                // biome-ignore lint/a11y/noAutofocus: the dialog asks for exactly this
                autoFocus={index === 0}
                autoComplete="off"
              />
            )}
            {field.help ? <small>{field.help}</small> : null}
          </label>
        ))}
        <div className="stack-row">
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" type="submit" autoFocus={fields.length === 0}>
            {button.label}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function asks(button: FormButton) {
  return button.ask ?? [];
}

function answerOf(type: string | undefined, given: FormDataEntryValue | null): unknown {
  if (type === "boolean") return given !== null;
  return type === "integer" ? Number(given) : String(given ?? "");
}

function isOffered(button: FormButton, editor: Editor): boolean {
  if (!button.when) return true;
  return button.when.in.includes(String(draftValue(editor.draft, button.when.field) ?? ""));
}

function useOfferedInPalette(buttons: readonly FormButton[], press: (button: FormButton) => void): void {
  const key = buttons.map((button) => button.label).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the buttons are told apart by their methods
  useEffect(() => {
    screenActions.set(buttons.map((button) => ({ key: button.label, label: button.label, act: () => press(button) })));
    return () => screenActions.set([]);
  }, [key]);
}
