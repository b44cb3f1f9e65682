import type { FieldDescription } from "../wire/shapes.ts";
import type { Value } from "../wire/values.ts";

/** What every input of a field takes. */
export interface FieldProps {
  readonly field: FieldDescription;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  /** Of the element that the label names. */
  readonly id: string;
  /** Given where no label stands beside the input: in lines. */
  readonly label?: string;
  readonly invalid?: boolean;
  /** Id of the sentence that says what is wrong. */
  readonly describedBy?: string;
  /** ISO code, for money. */
  readonly currency?: string | null;
}

/** The attributes that every native input shares. */
export function inputAttributes({ id, label, invalid, describedBy, field }: FieldProps) {
  return {
    id,
    "aria-label": label,
    "aria-invalid": invalid || undefined,
    "aria-describedby": describedBy,
    "aria-required": field.required || undefined,
    className: "input quiet",
  };
}
