import { Check, Minus } from "lucide-react";
import { formatValue } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import { useName } from "../record/names.ts";
import { Link } from "../router/link.tsx";
import { recordUrl } from "../router/routes.ts";
import { Badge, Tag } from "../ui/badge.tsx";
import { RichText } from "../ui/rich-text.tsx";
import { isReference } from "../wire/values.ts";
import type { FieldProps } from "./field-props.ts";
import { readRecordText } from "./record-text.ts";

/** A value that this user may read but not change. */
export function FieldText({ field, value, id, currency, label }: FieldProps) {
  if (value === null || value === "" || (Array.isArray(value) && value.length === 0)) {
    return (
      <span id={id} className="field-text soft">
        {label ? "" : "–"}
      </span>
    );
  }
  if (Array.isArray(value)) {
    return (
      <span id={id} className="field-text tags">
        {value.map((one) => (
          <NameTag key={one} model={field.relation ?? ""} id={one} />
        ))}
      </span>
    );
  }
  if (isReference(value)) {
    return (
      <span id={id} className="field-text">
        {field.relation ? (
          <Link to={recordUrl(field.relation, value.id)}>{value.name || `#${value.id}`}</Link>
        ) : (
          value.name
        )}
      </span>
    );
  }
  const record = field.type === "reference" ? readRecordText(value) : null;
  if (record !== null)
    return (
      <span id={id} className="field-text">
        <RecordName model={record.model} id={record.id} />
      </span>
    );
  if (field.type === "html") return <RichText html={String(value)} />;
  if (field.type === "boolean") {
    const Icon = value ? Check : Minus;
    return (
      <span id={id} className="field-text">
        <Icon className="icon" aria-label={value ? "Yes" : "No"} />
      </span>
    );
  }
  const text = formatValue(field, value, locale, currency);
  if (field.type === "selection") {
    return (
      <span id={id} className="field-text">
        <Badge value={String(value)} label={text} />
      </span>
    );
  }
  const numeric = ["integer", "float", "monetary"].includes(field.type);
  return (
    <span
      id={id}
      className={`field-text ${numeric ? "numeric" : ""} ${field.type === "text" || field.type === "json" ? "multiline" : ""}`}
    >
      {text}
    </span>
  );
}

function NameTag({ model, id }: { readonly model: string; readonly id: number }) {
  return <Tag label={useName(model, id) ?? "…"} />;
}

/** A record known by its model and number, as a way to it. */
function RecordName({ model, id }: { readonly model: string; readonly id: number }) {
  return <Link to={recordUrl(model, id)}>{useName(model, id) ?? "…"}</Link>;
}
