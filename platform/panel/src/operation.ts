import { boolean, datetime, integer, json, many2one, selection, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";

/**
 * Multi-step work, stored: which steps are done, what it keeps between them. Survives the death of any
 * process; see platform/control/src/operations.
 */
export const Operation = defineModel({
  name: "platform.operation",
  label: "Operation",
  displayName: "label",
  order: "id desc",
  fields: {
    key: text({ label: "Key", required: true, unique: true, maxLength: 36, readonly: true }),
    kind: text({ label: "Kind", required: true, maxLength: 60, readonly: true }),
    label: text({ label: "What", required: true, maxLength: 200, readonly: true }),
    state: selection(
      [
        ["pending", "Waiting"],
        ["running", "Running"],
        ["undoing", "Being undone"],
        ["done", "Done"],
        ["failed", "Failed"],
        ["cancelled", "Cancelled"],
      ],
      { label: "State", required: true, default: "pending", readonly: true, index: true },
    ),
    input: json({ label: "Input", required: true, readonly: true }),
    /** What steps hand to later ones; survives a crash. Never a secret. */
    memory: json({ label: "Memory", readonly: true }),
    result: json({ label: "Result", readonly: true }),
    step_count: integer({ label: "Steps", required: true, default: 0, readonly: true }),
    /** Steps that are done; while undoing: steps that are left to undo. */
    step_index: integer({ label: "Steps done", required: true, default: 0, readonly: true }),
    step: text({ label: "Step", maxLength: 200, readonly: true }),
    progress: json({ label: "Progress", readonly: true }),
    error: text({ label: "Error", maxLength: 2000, readonly: true }),
    hint: text({ label: "Hint", maxLength: 1000, readonly: true }),
    /** A step began whose effect cannot be undone: from here it only goes forward. */
    irreversible: boolean({ label: "Past return", default: false, readonly: true }),
    cancel_requested: boolean({ label: "Cancel requested", default: false, readonly: true }),
    database_id: many2one("platform.database", { label: "Database", index: true, readonly: true }),
    customer_id: many2one("platform.customer", { label: "Customer", index: true, readonly: true }),
    started_at: datetime({ label: "Started", readonly: true }),
    ended_at: datetime({ label: "Ended", readonly: true }),
  },
});

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "platform.operation": typeof Operation;
  }
}
