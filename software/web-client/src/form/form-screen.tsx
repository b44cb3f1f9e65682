import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo } from "react";
import { TopBar } from "../frame/top-bar.tsx";
import { usePlace } from "../router/history.ts";
import { FailurePanel } from "../ui/failure-panel.tsx";
import { failureOf } from "../wire/failure.ts";
import { queryClient } from "../wire/queries.ts";
import type { FieldDescriptions, ModelDescription } from "../wire/shapes.ts";
import type { Value, Values } from "../wire/values.ts";
import { FormBody } from "./form-body.tsx";
import { loadForm } from "./load-form.ts";
import "../styles/form.css";

const Chatter = lazy(() => import("../chatter/chatter.tsx").then((module) => ({ default: module.Chatter })));

interface FormScreenProps {
  readonly model: ModelDescription;
  /** Null for a new record. */
  readonly id: number | null;
}

/** One record: loads it, then lets it be edited. */
export function FormScreen({ model, id }: FormScreenProps) {
  const { query } = usePlace();
  const key = ["form", model.model, id];
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: () => loadForm(model, id),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  useEffect(
    () => () => queryClient.removeQueries({ queryKey: ["form", model.model, id] }),
    [model.model, id],
  );
  const given = useMemo(() => givenValues(query, model.fields), [query, model.fields]);
  return (
    <main className="screen form-screen">
      {data ? (
        <div className={model.chatter && id !== null ? "form-columns with-chatter" : "form-columns"}>
          <FormBody model={model} loaded={data} given={id === null ? given : noValues} />
          {model.chatter && id !== null ? (
            <Suspense fallback={<aside className="chatter" />}>
              <Chatter model={model.model} id={id} />
            </Suspense>
          ) : null}
        </div>
      ) : error ? (
        <>
          <TopBar title={model.label} />
          <FailurePanel failure={failureOf(error)} onRetry={() => void refetch()} />
        </>
      ) : (
        <FormSkeleton title={id === null ? `New ${model.label.toLowerCase()}` : model.label} />
      )}
    </main>
  );
}

const noValues: Values = {};

/** Values that the address gives a new record: `?default.name=Riga`. Relations and lines are not taken. */
function givenValues(query: string, fields: FieldDescriptions): Values {
  const values: Record<string, Value> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const field = fields[name.replace(/^default\./, "")];
    if (
      name.startsWith("default.") &&
      field &&
      !field.readonly &&
      ["char", "text", "selection"].includes(field.type)
    ) {
      values[field.name] = value;
    }
  }
  return values;
}

function FormSkeleton({ title }: { readonly title: string }) {
  return (
    <>
      <TopBar title={title} />
      <div className="form-sheet" aria-hidden>
        <span className="skeleton title-skeleton" />
        <div className="form-sections">
          {[0, 1].map((column) => (
            <div key={column} className="form-section">
              {[62, 44, 71, 53].map((width) => (
                <span key={width} className="skeleton field-skeleton" style={{ width: `${width}%` }} />
              ))}
            </div>
          ))}
        </div>
      </div>
    </>
  );
}
