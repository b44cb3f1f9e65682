import { Trash2 } from "lucide-react";
import { type KeyboardEvent, memo, useCallback, useId } from "react";
import { FieldInput } from "../fields/field-input.tsx";
import { FieldText } from "../fields/field-text.tsx";
import { isNumeric } from "../list/list-state.ts";
import { Link } from "../router/link.tsx";
import { recordUrl } from "../router/routes.ts";
import { IconButton } from "../ui/button.tsx";
import type { FieldDescription, ModelDescription } from "../wire/shapes.ts";
import { isReference, type Value } from "../wire/values.ts";
import { isBlank, type Line, lineValue } from "./lines.ts";

interface LineRowProps {
  readonly model: ModelDescription;
  readonly line: Line;
  readonly index: number;
  readonly columns: readonly FieldDescription[];
  readonly editable: boolean;
  readonly onChange: (key: string, field: string, value: Value) => void;
  readonly onRemove: (key: string) => void;
  /** Null where no line can be added. */
  readonly onAdd: ((afterKey?: string) => void) | null;
}

/** One line; drawn anew only when it changes itself, so that two hundred of them stay quick. */
export const LineRow = memo(function LineRow({
  model,
  line,
  index,
  columns,
  editable,
  onChange,
  onRemove,
  onAdd,
}: LineRowProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (event.defaultPrevented) return;
    if (event.key === "Enter" && !event.shiftKey && target.matches("input, textarea") && onAdd) {
      event.preventDefault();
      if (!isBlank(line)) onAdd(line.key);
    }
    if (event.key === "Escape" && isBlank(line)) onRemove(line.key);
  };
  return (
    <tr className="line" data-line={line.key} onKeyDown={onKeyDown}>
      {columns.map((field, at) => (
        <td key={field.name} className={isNumeric(field) ? "number" : field.type === "text" ? "wide" : ""}>
          <span className="line-label" aria-hidden>
            {field.string}
          </span>
          {!editable && at === 0 && line.id !== null ? (
            <Link to={recordUrl(model.model, line.id)}>
              <LineCell line={line} field={field} index={index} editable={false} onChange={onChange} />
            </Link>
          ) : (
            <LineCell line={line} field={field} index={index} editable={editable} onChange={onChange} />
          )}
        </td>
      ))}
      {editable ? (
        <td className="line-remove">
          <IconButton
            small
            icon={Trash2}
            label={`Remove line ${index + 1}`}
            onPress={() => onRemove(line.key)}
          />
        </td>
      ) : null}
    </tr>
  );
});

interface LineCellProps {
  readonly line: Line;
  readonly field: FieldDescription;
  readonly index: number;
  readonly editable: boolean;
  readonly onChange: LineRowProps["onChange"];
}

function LineCell({ line, field, index, editable, onChange }: LineCellProps) {
  const id = useId();
  const change = useCallback(
    (value: Value) => onChange(line.key, field.name, value),
    [line.key, field.name, onChange],
  );
  const currency = field.currency_field ? lineValue(line, field.currency_field) : null;
  const props = {
    field,
    value: lineValue(line, field.name),
    onChange: change,
    id,
    label: `${field.string}, line ${index + 1}`,
    currency: isReference(currency) ? currency.name : null,
  };
  return editable ? <FieldInput {...props} /> : <FieldText {...props} />;
}
