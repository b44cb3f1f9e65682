import { lazy, Suspense } from "react";
import type { ModelDescription } from "../wire/shapes.ts";

/** The import dialog is fetched when first opened. */
const ImportDialog = lazy(() =>
  import("../import/import-dialog.tsx").then((module) => ({ default: module.ImportDialog })),
);

export function ImportButtonDialog({
  model,
  onClose,
}: {
  readonly model: ModelDescription;
  readonly onClose: () => void;
}) {
  return (
    <Suspense fallback={null}>
      <ImportDialog model={model} onClose={onClose} />
    </Suspense>
  );
}
