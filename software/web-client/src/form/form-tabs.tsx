import type { FormTab, FormView } from "@holdfast/framework/views/view";
import { useEffect, useState } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components/Tabs";
import type { ModelDescription } from "../wire/shapes.ts";
import { FieldRow } from "./field-row.tsx";
import { knownTabs } from "./form-layout.ts";
import { LinesTable } from "./lines-table.tsx";
import type { LoadedPart } from "./load-form.ts";
import type { Editor } from "./use-editor.ts";

interface FormTabsProps {
  readonly model: ModelDescription;
  readonly view: FormView;
  readonly editor: Editor;
  readonly parts: readonly LoadedPart[];
}

/** The details below the sections. A tab that holds a field with an error is marked and comes up. */
export function FormTabs({ model, view, editor, parts }: FormTabsProps) {
  const tabs = knownTabs(view, model.fields);
  const [selected, setSelected] = useState(tabs[0]?.label ?? "");
  const wrong = tabs.find((tab) => hasError(tab, editor))?.label;
  useEffect(() => {
    if (wrong !== undefined) setSelected(wrong);
  }, [wrong]);
  if (tabs.length === 0) return null;
  return (
    <Tabs className="tabs" selectedKey={selected} onSelectionChange={(key) => setSelected(String(key))}>
      <TabList className="tab-list" aria-label="Details">
        {tabs.map((tab) => (
          <Tab key={tab.label} id={tab.label} className="tab">
            {tab.label}
            {hasError(tab, editor) ? (
              <span className="tab-error" title="Something here is not right" />
            ) : null}
          </Tab>
        ))}
      </TabList>
      {tabs.map((tab) => {
        const part = tab.lines ? parts.find((one) => one.field === tab.lines?.field) : undefined;
        return (
          <TabPanel key={tab.label} id={tab.label} className="tab-panel">
            {(tab.fields ?? []).length > 0 ? (
              <div className="form-sections">
                <div className="form-section">
                  {(tab.fields ?? []).map((name) => (
                    <FieldRow key={name} model={model} editor={editor} name={name} />
                  ))}
                </div>
              </div>
            ) : null}
            {part ? <LinesTable model={model} part={part} editor={editor} /> : null}
          </TabPanel>
        );
      })}
    </Tabs>
  );
}

function hasError(tab: FormTab, editor: Editor): boolean {
  return [...(tab.fields ?? []), tab.lines?.field ?? ""].some((name) => editor.errors[name]);
}
