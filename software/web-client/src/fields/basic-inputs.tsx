import { type FieldProps, inputAttributes } from "./field-props.ts";

/** Keyboards that phones offer, by what fields are commonly called. */
const keyboards: readonly (readonly [RegExp, "email" | "tel" | "url"])[] = [
  [/(^|_)(email|login)(_|$)/, "email"],
  [/phone|mobile/, "tel"],
  [/website|url/, "url"],
];

/** One line of text. */
export function TextInput(props: FieldProps) {
  const { field, value, onChange } = props;
  const keyboard = keyboards.find(([name]) => name.test(field.name))?.[1];
  return (
    <input
      {...inputAttributes(props)}
      type="text"
      inputMode={keyboard}
      maxLength={field.size}
      autoComplete="off"
      value={String(value ?? "")}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** Several lines; grows with its content. */
export function LongTextInput(props: FieldProps) {
  const { value, onChange } = props;
  return (
    <textarea
      {...inputAttributes(props)}
      rows={props.label ? 1 : 3}
      value={String(value ?? "")}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** Yes or no. */
export function BooleanInput(props: FieldProps) {
  const { value, onChange } = props;
  const { "aria-required": _never, ...attributes } = inputAttributes(props);
  return (
    <span className="check-line">
      <input
        {...attributes}
        className="check"
        type="checkbox"
        checked={value === true}
        onChange={(event) => onChange(event.target.checked)}
      />
    </span>
  );
}

/** One of the given choices, with the browser's own list: at home on every phone. */
export function SelectionInput(props: FieldProps) {
  const { field, value, onChange } = props;
  return (
    <select
      {...inputAttributes(props)}
      value={String(value ?? "")}
      onChange={(event) => onChange(event.target.value || null)}
    >
      {field.required && value ? null : <option value="" />}
      {(field.selection ?? []).map(([key, label]) => (
        <option key={key} value={key}>
          {label}
        </option>
      ))}
    </select>
  );
}
