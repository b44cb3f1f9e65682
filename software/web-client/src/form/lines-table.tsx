import { Plus } from "lucide-react";
import { useCallback, useRef } from "react";
import { formatValue } from "../format/value.ts";
import { locale } from "../frame/app-context.ts";
import { isNumeric } from "../list/list-state.ts";
import { Button } from "../ui/button.tsx";
import { showFailure } from "../ui/toasts.ts";
import { callMethod } from "../wire/call.ts";
import type { FieldDescription, ModelDescription } from "../wire/shapes.ts";
import { decodeRow, type Value, type Values } from "../wire/values.ts";
import { draftValue } from "./draft.ts";
import { currencyOf } from "./field-row.tsx";
import { LineRow } from "./line-row.tsx";
import { lineTrack } from "./line-track.ts";
import { addLine, changeLine, lineTotal, maxLines, removeLine, shownLines } from "./lines.ts";
import type { LoadedPart } from "./load-form.ts";
import type { Editor } from "./use-editor.ts";

interface LinesTableProps {
  readonly model: ModelDescription;
  readonly part: LoadedPart;
  readonly editor: Editor;
}

let nextLine = 1;

/** The lines of a record, edited in place: Tab moves on, Enter adds a line below, totals follow at once. */
export function LinesTable({ model, part, editor }: LinesTableProps) {
  const { draft, setLines } = editor;
  const field = model.fields[part.field];
  const lines = shownLines(draft.lines[part.field] ?? []);
  const columns = part.columns
    .map((name) => part.model.fields[name])
    .filter((column) => column !== undefined);
  const open = !part.when || part.when.in.includes(String(draftValue(draft, part.when.field) ?? ""));
  const editable =
    field !== undefined && open && !field.readonly && part.model.rights.write && model.rights.write;
  const creatable =
    field !== undefined &&
    open &&
    !field.readonly &&
    part.model.rights.create &&
    (model.rights.write || draft.id === null);
  const table = useRef<HTMLTableElement>(null);
  const add = useCallback(
    (afterKey?: string) => {
      const key = `new-${nextLine++}`;
      setLines(part.field, (current) =>
        current.length >= maxLines ? current : addLine(current, key, {}, afterKey),
      );
      focusLine(table.current, key);
      void loadDefaults(part).then((defaults) =>
        setLines(part.field, (current) =>
          // A line that was saved meanwhile has values of its own.
          current.map((line) => (line.key === key && line.id === null ? { ...line, base: defaults } : line)),
        ),
      );
    },
    [part, setLines],
  );
  const change = useCallback(
    (key: string, name: string, value: Value) =>
      setLines(part.field, (current) => changeLine(current, key, name, value)),
    [part.field, setLines],
  );
  const remove = useCallback(
    (key: string) => setLines(part.field, (current) => removeLine(current, key)),
    [part.field, setLines],
  );
  const error = editor.errors[part.field];
  const tracks = [...columns.map(lineTrack), editable ? "36px" : ""].join(" ");
  return (
    <div className="lines">
      {error ? (
        <p className="field-error" role="alert">
          {error}
        </p>
      ) : null}
      <table
        className="lines-table"
        ref={table}
        style={{ "--tracks": tracks } as object}
        aria-label={field?.string}
      >
        <LinesHead columns={columns} editable={editable} />
        <tbody>
          {lines.map((line, index) => (
            <LineRow
              key={line.key}
              model={part.model}
              line={line}
              index={index}
              columns={columns}
              editable={line.id === null ? creatable : editable}
              onChange={change}
              onRemove={remove}
              onAdd={creatable ? add : null}
            />
          ))}
          {lines.length === 0 && !creatable ? (
            <tr className="line none">
              <td>None yet.</td>
            </tr>
          ) : null}
        </tbody>
      </table>
      <div className="lines-foot">
        {creatable ? (
          <Button small icon={Plus} onPress={() => add()}>
            Add a line
          </Button>
        ) : null}
        <Totals model={model} part={part} editor={editor} columns={columns} />
      </div>
    </div>
  );
}

function LinesHead({
  columns,
  editable,
}: {
  readonly columns: readonly FieldDescription[];
  readonly editable: boolean;
}) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th key={column.name} scope="col" className={isNumeric(column) ? "number" : ""}>
            {column.string}
          </th>
        ))}
        {editable ? (
          <th>
            <span className="unseen">Remove</span>
          </th>
        ) : null}
      </tr>
    </thead>
  );
}

interface TotalsProps extends LinesTableProps {
  readonly columns: readonly FieldDescription[];
}

/** The record's own totals; a name that only the lines know is summed here. The last one weighs most. */
function Totals({ model, part, editor, columns }: TotalsProps) {
  const { draft } = editor;
  const rows = part.totals.flatMap((name): { name: string; label: string; text: string }[] => {
    const own = model.fields[name];
    if (own)
      return [
        {
          name,
          label: own.string,
          text: formatValue(own, draftValue(draft, name) ?? "0", locale, currencyOf(own, draft)),
        },
      ];
    const column = columns.find((one) => one.name === name);
    return column
      ? [
          {
            name,
            label: column.string,
            text: formatValue(column, lineTotal(draft.lines[part.field] ?? [], name), locale, null),
          },
        ]
      : [];
  });
  if (rows.length === 0) return null;
  return (
    <dl className="totals" aria-live="polite">
      {rows.map((row) => (
        <div key={row.name}>
          <dt>{row.label}</dt>
          <dd className="numeric">{row.text}</dd>
        </div>
      ))}
    </dl>
  );
}

async function loadDefaults(part: LoadedPart): Promise<Values> {
  const names = part.columns.filter(
    (name) => part.model.fields[name] && part.model.fields[name]?.type !== "one2many",
  );
  try {
    const wire = (await callMethod(part.model.model, "default_get", { args: [names] })) as Record<
      string,
      unknown
    >;
    const { id: _id, ...values } = decodeRow(part.model.fields, { ...wire, id: 0 });
    return values;
  } catch (error) {
    showFailure(error);
    return {};
  }
}

/** The first cell that can be typed into, once it is drawn. */
function focusLine(table: HTMLTableElement | null, key: string): void {
  requestAnimationFrame(() =>
    table?.querySelector<HTMLElement>(`[data-line="${key}"] :is(input, textarea, select)`)?.focus(),
  );
}
