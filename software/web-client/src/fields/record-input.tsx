import { useState } from "react";
import { useName } from "../record/names.ts";
import { isReference } from "../wire/values.ts";
import type { FieldProps } from "./field-props.ts";
import { readRecordText } from "./record-text.ts";
import { ReferenceInput } from "./reference-input.tsx";

/** A record of one of several models: first the kind, then the record. Another kind unsets the record. */
export function RecordInput(props: FieldProps) {
  const { field, value, onChange, id } = props;
  const models = field.selection ?? [];
  const found = readRecordText(value);
  const [chosen, setChosen] = useState(found?.model ?? models[0]?.[0] ?? "");
  const model = found?.model ?? chosen;
  const name = useName(found?.model ?? "", found?.id ?? 0);
  return (
    <span className="record-input">
      <select
        className="input quiet"
        aria-label={`Kind of ${field.string.toLowerCase()}`}
        value={model}
        onChange={(event) => {
          setChosen(event.target.value);
          onChange(null);
        }}
      >
        {models.map(([key, label]) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </select>
      <ReferenceInput
        {...props}
        id={id}
        field={{ ...field, relation: model }}
        value={found === null ? null : { id: found.id, name: name ?? "…" }}
        onChange={(next) => onChange(isReference(next) ? `${model},${next.id}` : null)}
      />
    </span>
  );
}
