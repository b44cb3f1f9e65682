import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { formatCount } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { countLimit, countQuery } from "../wire/queries.ts";
import type { Domain, FieldDescription, ModelDescription } from "../wire/shapes.ts";
import { searchDomain } from "./domain.ts";
import type { Facet, WhereOperator } from "./facet.ts";
import { operatorLabel } from "./facet-label.ts";
import { usePaused } from "./search-box.tsx";

interface FilterBuilderProps {
  readonly model: ModelDescription;
  /** What is found already. */
  readonly domain: Domain;
  readonly onAdd: (facet: Facet) => void;
  readonly onClose: () => void;
}

/** A condition put together in words, with the number of records it leaves while one types. */
export function FilterBuilder({ model, domain, onAdd, onClose }: FilterBuilderProps) {
  const fields = filterable(model);
  const [name, setName] = useState(fields[0]?.name ?? "");
  const field = model.fields[name];
  const operators = field ? operatorsOf(field) : [];
  const [chosen, setOperator] = useState<WhereOperator>(operators[0] ?? "=");
  const operator = operators.includes(chosen) ? chosen : (operators[0] ?? "=");
  const [value, setValue] = useState("");
  const facet: Facet = { kind: "where", field: name, operator, value };
  const complete = operator === "set" || operator === "unset" || value !== "";
  const narrowed = searchDomain([usePaused(facet, 200)], { fields: model.fields, filters: [] }, domain);
  const { data } = useQuery({
    ...countQuery(model.model, narrowed),
    enabled: complete,
    placeholderData: (previous) => previous,
  });
  const choose = (next: string) => {
    setName(next);
    setValue("");
  };
  const add = () => {
    if (!complete) return;
    onAdd(facet);
    onClose();
  };
  const found =
    data === undefined
      ? ""
      : data > countLimit
        ? formatCount(countLimit, locale, true)
        : formatCount(data, locale);
  return (
    <Dialog
      title="Add a filter"
      onClose={onClose}
      foot={
        <>
          <span className="soft foot-note numeric" aria-live="polite">
            {complete && found !== "" ? `${found} records` : ""}
          </span>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" isDisabled={!complete} onPress={add}>
            Add
          </Button>
        </>
      }
    >
      <form
        className="filter-form"
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <select
          className="input"
          aria-label="Field"
          value={name}
          onChange={(event) => choose(event.target.value)}
        >
          {fields.map((one) => (
            <option key={one.name} value={one.name}>
              {one.string}
            </option>
          ))}
        </select>
        <select
          className="input"
          aria-label="Condition"
          value={operator}
          onChange={(event) => setOperator(event.target.value as WhereOperator)}
        >
          {operators.map((one) => (
            <option key={one} value={one}>
              {operatorLabel(one, field)}
            </option>
          ))}
        </select>
        {field && operator !== "set" && operator !== "unset" ? (
          <ValueInput field={field} value={value} onValue={setValue} />
        ) : null}
      </form>
    </Dialog>
  );
}

function ValueInput({
  field,
  value,
  onValue,
}: {
  readonly field: FieldDescription;
  readonly value: string;
  readonly onValue: (value: string) => void;
}) {
  const choices =
    field.type === "boolean"
      ? ([
          ["true", "Yes"],
          ["false", "No"],
        ] as const)
      : field.selection;
  if (choices) {
    return (
      <select
        className="input"
        aria-label="Value"
        value={value}
        onChange={(event) => onValue(event.target.value)}
      >
        <option value="">Choose…</option>
        {choices.map(([key, label]) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </select>
    );
  }
  const numeric = field.type === "integer" || field.type === "float" || field.type === "monetary";
  const type = field.type === "date" || field.type === "datetime" ? "date" : numeric ? "number" : "text";
  return (
    <input
      className="input"
      aria-label="Value"
      type={type}
      step="any"
      value={value}
      onChange={(event) => onValue(event.target.value)}
    />
  );
}

function operatorsOf(field: FieldDescription): readonly WhereOperator[] {
  switch (field.type) {
    case "boolean":
      return ["="];
    case "selection":
      return ["=", "!=", "set", "unset"];
    case "integer":
    case "float":
    case "monetary":
      return ["=", "!=", ">", ">=", "<", "<="];
    case "date":
    case "datetime":
      return [">=", "<=", ">", "<", "set", "unset"];
    default:
      return ["ilike", "not ilike", "set", "unset"];
  }
}

function filterable(model: ModelDescription): FieldDescription[] {
  const known = Object.values(model.fields).filter(
    (field) => field.searchable !== false && !["json", "one2many"].includes(field.type),
  );
  return known.toSorted((left, right) => left.string.localeCompare(right.string));
}
