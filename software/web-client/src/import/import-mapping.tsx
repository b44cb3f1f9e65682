import { FileSpreadsheet } from "lucide-react";
import type { FieldDescription, ModelDescription } from "../wire/shapes.ts";
import { importableFields } from "./csv-head.ts";
import type { Import } from "./use-import.ts";

/** Which field each column goes to, over the first rows of the file. */
export function Mapping({ state, model }: { readonly state: Import; readonly model: ModelDescription }) {
  const { head, mapping, file } = state;
  const fields = importableFields(model.fields);
  const columns = head.header.map((_title, column) => column);
  const rows = head.rows.map((_row, row) => row);
  return (
    <div className="mapping">
      <p className="mapping-file">
        <FileSpreadsheet className="icon" aria-hidden />
        <strong>{file?.name}</strong>
        <span className="soft">
          {mapping.filter(Boolean).length} of {head.header.length} columns are taken
        </span>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table must be scrollable by keyboard */}
      <section className="mapping-scroll" tabIndex={0} aria-label="Columns and first rows">
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  <span className="cut">{head.header[column] || `Column ${column + 1}`}</span>
                  <FieldChoice state={state} fields={fields} column={column} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row}>
                {columns.map((column) => (
                  <td key={column} className={mapping[column] ? "" : "skipped"}>
                    <span className="cut">{head.rows[row]?.[column] ?? ""}</span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

interface FieldChoiceProps {
  readonly state: Import;
  readonly fields: readonly FieldDescription[];
  readonly column: number;
}

/** A field that another column has is not offered again. */
function FieldChoice({ state, fields, column }: FieldChoiceProps) {
  const { head, mapping, busy, setColumn } = state;
  const chosen = mapping[column] ?? "";
  return (
    <select
      className="input"
      aria-label={`Field for ${head.header[column] || `column ${column + 1}`}`}
      value={chosen}
      disabled={busy !== null}
      onChange={(event) => setColumn(column, event.target.value || null)}
    >
      <option value="">Skip</option>
      {fields.map(({ name, string }) => (
        <option key={name} value={name} disabled={mapping.includes(name) && chosen !== name}>
          {string}
        </option>
      ))}
    </select>
  );
}
