import { Check } from "lucide-react";
import { readRecordText } from "../fields/record-text.ts";
import { formatValue } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import { useName } from "../record/names.ts";
import { Avatar, Badge, Tag } from "../ui/badge.tsx";
import { isReference, type Row } from "../wire/values.ts";
import { type Column, isNumeric } from "./list-state.ts";

/** Most tags shown in a row. */
const maxTags = 3;

interface CellProps {
  readonly column: Column;
  readonly row: Row;
  /** No heading says what it is: a yes is told by the column's name, a no by nothing. */
  readonly named?: boolean;
}

/** What stands in one cell. */
export function CellContent({ column, row, named = false }: CellProps) {
  const { field } = column;
  const value = row[field.name] ?? null;
  if (column.as === "tags" && Array.isArray(value)) return <Tags model={field.relation ?? ""} ids={value} />;
  if (field.type === "boolean" && named) return value ? <span className="cut">{column.label}</span> : null;
  if (field.type === "boolean")
    return value ? <Check className="icon" aria-label="Yes" /> : <span className="unseen">No</span>;
  const record = field.type === "reference" ? readRecordText(value) : null;
  if (record !== null) return <NameOf model={record.model} id={record.id} />;
  const currency = field.currency_field ? row[field.currency_field] : null;
  const text = formatValue(field, value, locale, isReference(currency) ? currency.name : null);
  if (field.type === "selection" && typeof value === "string" && value !== "")
    return <Badge value={value} label={text} />;
  if (column.as === "avatar") {
    return (
      <span className="cell-avatar">
        <Avatar name={text} />
        <span className="cut">{text || "Unnamed"}</span>
      </span>
    );
  }
  if (named && isNumeric(field) && column.as !== "money")
    return <span className="cut">{text && `${column.label} ${text}`}</span>;
  return <span className={isNumeric(field) ? "cut numeric" : "cut"}>{text}</span>;
}

function Tags({ model, ids }: { readonly model: string; readonly ids: readonly number[] }) {
  return (
    <span className="tags">
      {ids.slice(0, maxTags).map((id) => (
        <TagOf key={id} model={model} id={id} />
      ))}
      {ids.length > maxTags ? <span className="soft">+{ids.length - maxTags}</span> : null}
    </span>
  );
}

function NameOf({ model, id }: { readonly model: string; readonly id: number }) {
  return <span className="cut">{useName(model, id) ?? "…"}</span>;
}

function TagOf({ model, id }: { readonly model: string; readonly id: number }) {
  const name = useName(model, id);
  return name === undefined ? <span className="skeleton tag-skeleton" /> : <Tag label={name} />;
}
