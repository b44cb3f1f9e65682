import type { FieldDescription } from "../wire/shapes.ts";

/** The grid track of a column of lines. What a line is about stands first and gets most. */
export function lineTrack(field: FieldDescription, index: number): string {
  switch (field.type) {
    case "many2one":
      return index === 0 ? "minmax(136px, 2.2fr)" : "minmax(84px, 0.9fr)";
    case "text":
      return "minmax(124px, 2.4fr)";
    case "many2many":
      return "minmax(96px, 1.2fr)";
    case "float":
    case "integer":
      return "minmax(72px, 0.6fr)";
    case "monetary":
      return "minmax(92px, 0.9fr)";
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
