import type { FieldDescription } from "../wire/shapes.ts";

/** The grid track of a column of lines. */
export function lineTrack(field: FieldDescription): string {
  switch (field.type) {
    case "many2one":
      return "minmax(150px, 2fr)";
    case "text":
      return "minmax(140px, 2.4fr)";
    case "many2many":
      return "minmax(120px, 1.3fr)";
    case "float":
    case "integer":
      return "minmax(76px, 0.7fr)";
    case "monetary":
      return "minmax(100px, 0.9fr)";
    case "date":
      return "minmax(128px, 1fr)";
    case "datetime":
      return "minmax(180px, 1.4fr)";
    case "boolean":
      return "minmax(60px, 0.4fr)";
    default:
      return "minmax(110px, 1.3fr)";
  }
}
