import { memo, type ReactNode, useCallback, useId } from "react";
import { Button } from "react-aria-components/Button";
import { TooltipTrigger } from "react-aria-components/Tooltip";
import { FieldInput } from "../fields/field-input.tsx";
import { Hint } from "../ui/button.tsx";
import type { FieldDescription, ModelDescription } from "../wire/shapes.ts";
import { isReference, type Value } from "../wire/values.ts";
import { type Draft, draftValue } from "./draft.ts";
import { formViewOf, isOpen } from "./form-layout.ts";
import { TranslationsButton } from "./translations-button.tsx";
import type { Editor } from "./use-editor.ts";

/** One field of a form with its label, its help and what is wrong with it. */
export function FieldRow({
  model,
  editor,
  name,
}: {
  readonly model: ModelDescription;
  readonly editor: Editor;
  readonly name: string;
}) {
  const field = model.fields[name];
  if (!field) return null;
  const open = isOpen(formViewOf(model), name, (one) => draftValue(editor.draft, one));
  const writable = (model.rights.write && open) || editor.draft.id === null;
  const value = draftValue(editor.draft, name);
  if (field.readonly && isUnset(value)) return null;
  return (
    <LabelledField
      field={writable || field.readonly ? field : { ...field, readonly: true }}
      value={value}
      error={editor.errors[name]}
      currency={currencyOf(field, editor.draft)}
      onValue={editor.setValue}
    >
      {writable && field.translate ? (
        <TranslationsButton model={model.model} editor={editor} field={field} />
      ) : null}
    </LabelledField>
  );
}

interface LabelledFieldProps {
  readonly field: FieldDescription;
  readonly value: Value;
  readonly error: string | undefined;
  readonly currency: string | null;
  readonly onValue: (field: string, value: Value) => void;
  /** What stands beside the input. */
  readonly children?: ReactNode;
}

/** Drawn anew only when its own value changes: a long form stays quick under the fingers. */
const LabelledField = memo(function LabelledField({
  field,
  value,
  error,
  currency,
  onValue,
  children,
}: LabelledFieldProps) {
  const id = useId();
  const change = useCallback((next: Value) => onValue(field.name, next), [field.name, onValue]);
  const errorId = `${id}-error`;
  const wide = field.type === "text" || field.type === "html";
  return (
    <div
      className={`field ${wide ? "wide" : ""} ${error ? "invalid" : ""} ${field.translate ? "translated" : ""}`}
    >
      <FieldLabel field={field} htmlFor={id} />
      <div className="field-control">
        <FieldInput
          field={field}
          value={value}
          onChange={change}
          id={id}
          currency={currency}
          invalid={error !== undefined}
          {...(error ? { describedBy: errorId } : {})}
        />
        {children}
        {error ? (
          <p id={errorId} className="field-error" role="alert">
            {error}
          </p>
        ) : null}
      </div>
    </div>
  );
});

function FieldLabel({ field, htmlFor }: { readonly field: FieldDescription; readonly htmlFor: string }) {
  const words = (
    <>
      {field.string}
      {field.required && !field.readonly ? <span aria-hidden className="needed" /> : null}
    </>
  );
  const label = field.readonly ? (
    <span className="field-label">{words}</span>
  ) : (
    <label className="field-label" htmlFor={htmlFor}>
      {words}
    </label>
  );
  if (!field.help) return label;
  return (
    <span className="field-label">
      {label}
      <TooltipTrigger delay={300}>
        <Button className="help-mark" aria-label={`Help on ${field.string}`}>
          ?
        </Button>
        <Hint>{field.help}</Hint>
      </TooltipTrigger>
    </span>
  );
}

/** A value that only the system sets says nothing until it is set. */
function isUnset(value: Value): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

/** ISO code of the currency that an amount of this record is in. */
export function currencyOf(field: FieldDescription, draft: Draft): string | null {
  const currency = field.currency_field ? draftValue(draft, field.currency_field) : null;
  return isReference(currency) ? currency.name : null;
}
