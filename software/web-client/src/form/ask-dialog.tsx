import type { AskField, FormButton } from "@holdfast/framework/views/view";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-panel.tsx";
import { useStore } from "../ui/store.ts";
import type { RemoteFailure } from "../wire/failure.ts";
import { confirmationWanted } from "../wire/session.ts";

interface AskDialogProps {
  readonly button: FormButton;
  readonly onClose: () => void;
  /** @returns why it was refused; null when it was done, or something else has to be put right first. */
  readonly onRun: (answers: Readonly<Record<string, unknown>>) => Promise<RemoteFailure | null>;
}

/**
 * What a button wants to know or be sure of before it runs. Stays, with what was typed, when that is refused; makes way
 * while the person is asked for their password.
 */
export function AskDialog({ button, onClose, onRun }: AskDialogProps) {
  const fields = button.ask ?? [];
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<RemoteFailure | null>(null);
  const [answers, setAnswers] = useState<Readonly<Record<string, unknown>>>({});
  const isConfirming = Boolean(useStore(confirmationWanted));
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    event.stopPropagation();
    if (busy) return;
    const given = new FormData(event.currentTarget);
    setBusy(true);
    setFailure(null);
    const typed = Object.fromEntries(
      fields.map((field) => [field.name, answerOf(field, given.get(field.name))]),
    );
    setAnswers(typed);
    const refused = await onRun(typed);
    setBusy(false);
    if (refused) setFailure(refused);
    else onClose();
  };
  if (isConfirming) return null;
  return (
    <Dialog title={`${button.label}?`} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        {failure ? <FailureNotice failure={failure} /> : null}
        {button.confirm ? <p>{button.confirm}</p> : null}
        {fields.map((field, index) => (
          <AskInput key={field.name} field={answered(field, answers[field.name])} first={index === 0} />
        ))}
        <div className="stack-row">
          <Button onPress={onClose}>Not now</Button>
          <Button look="primary" type="submit" autoFocus={fields.length === 0} isDisabled={busy}>
            {busy ? "One moment…" : button.label}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** The field as it was filled in before. */
function answered(field: AskField, answer: unknown): AskField {
  return answer === undefined ? field : { ...field, value: String(answer) };
}

function AskInput({ field, first }: { readonly field: AskField; readonly first: boolean }) {
  const id = useId();
  const { name, label, type, options, value = "", required = false, help } = field;
  const shared = { id, name, autoFocus: first, ...(help ? { "aria-describedby": `${id}-help` } : {}) };
  const kind = type === "integer" ? "number" : "text";
  return (
    <div className="stack-label">
      <label htmlFor={id}>{label}</label>
      {options ? (
        <select {...shared} className="input" defaultValue={value} required={required}>
          {options.map(([key, words]) => (
            <option key={key} value={key}>
              {words}
            </option>
          ))}
        </select>
      ) : type === "boolean" ? (
        <input {...shared} className="check" type="checkbox" defaultChecked={value === "true"} />
      ) : (
        <input
          {...shared}
          className="input"
          type={kind}
          defaultValue={value}
          required={required}
          autoComplete="off"
        />
      )}
      {help ? <small id={`${id}-help`}>{help}</small> : null}
    </div>
  );
}

function answerOf({ type }: AskField, given: FormDataEntryValue | null): unknown {
  if (type === "boolean") return given !== null;
  return type === "integer" ? Number(given) : String(given ?? "");
}
