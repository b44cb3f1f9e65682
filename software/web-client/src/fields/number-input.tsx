import { useState } from "react";
import { isDecimal, parseDecimal } from "../format/decimal.ts";
import { decimalPoint, formatDecimal, formatValue } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import type { FieldDescription } from "../wire/shapes.ts";
import type { Value } from "../wire/values.ts";
import { type FieldProps, inputAttributes } from "./field-props.ts";

/**
 * A number, exact: shown in the person's way of writing, edited bare. What is typed counts at once, so
 * that totals follow; what is no number yet is kept as typed and refused when saving.
 */
export function NumberInput(props: FieldProps) {
  const { field, value, onChange, currency } = props;
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed ?? shownNumber(field, value, currency);
  return (
    <input
      {...inputAttributes(props)}
      className="input quiet number numeric"
      type="text"
      inputMode={field.type === "integer" ? "numeric" : "decimal"}
      autoComplete="off"
      value={shown}
      onFocus={(event) => {
        setTyped(bareNumber(value));
        const { target } = event;
        // Somebody quick is in another field by then: what they type must not land here.
        requestAnimationFrame(() => {
          if (document.activeElement === target) target.select();
        });
      }}
      onChange={(event) => {
        setTyped(event.target.value);
        onChange(readNumber(field, event.target.value));
      }}
      onBlur={() => setTyped(null)}
    />
  );
}

function readNumber(field: FieldDescription, typed: string): Value {
  if (typed.trim() === "") return null;
  const text = parseDecimal(typed, decimalPoint(locale));
  if (text === null) return typed;
  return field.type === "integer" ? Math.trunc(Number(text)) : text;
}

function shownNumber(field: FieldDescription, value: Value, currency: string | null | undefined): string {
  const text = String(value ?? "");
  return text === "" || isDecimal(text) ? formatValue(field, value, locale, currency) : text;
}

/** Without grouping and currency, with the person's decimal sign. */
function bareNumber(value: Value): string {
  const text = String(value ?? "");
  if (!isDecimal(text)) return text;
  const trimmed = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  const shortest = formatDecimal(trimmed, locale, { least: 0, most: 20 });
  const grouping = decimalPoint(locale) === "." ? /,/g : /[.\s’]/g;
  return shortest.replace(grouping, "");
}
