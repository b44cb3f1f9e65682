import { lazy, Suspense } from "react";
import { BooleanInput, LongTextInput, SelectionInput, TextInput } from "./basic-inputs.tsx";
import type { FieldProps } from "./field-props.ts";
import { FieldText } from "./field-text.tsx";
import { NumberInput } from "./number-input.tsx";
import { RecordInput } from "./record-input.tsx";
import { ReferenceInput } from "./reference-input.tsx";
import { TagsInput } from "./tags-input.tsx";

/** The date picker is a quarter of the component library: fetched with the first form that has a date. */
const DateInput = lazy(() => import("./date-input.tsx").then((module) => ({ default: module.DateInput })));

/** The input for a field, by its type. Fields that may not be changed are plain text. */
export function FieldInput(props: FieldProps) {
  const { field } = props;
  if (field.readonly) return <FieldText {...props} />;
  switch (field.type) {
    case "char":
      return <TextInput {...props} />;
    case "text":
      return <LongTextInput {...props} />;
    case "integer":
    case "float":
    case "monetary":
      return <NumberInput {...props} />;
    case "boolean":
      return <BooleanInput {...props} />;
    case "selection":
      return <SelectionInput {...props} />;
    case "date":
    case "datetime":
      return (
        <Suspense fallback={<span className="input quiet skeleton-input" />}>
          <DateInput {...props} />
        </Suspense>
      );
    case "many2one":
      return <ReferenceInput {...props} />;
    case "reference":
      return <RecordInput {...props} />;
    case "many2many":
      return <TagsInput {...props} />;
    default:
      return <FieldText {...props} />;
  }
}
