import { datetime, integer, json, text } from "../field.ts";
import { defineModel, type Model } from "../model.ts";

/** Days after which what lies in the trash is gone for good. */
export const trashDays = 30;

/**
 * A deleted record with all that went with it, as data. Nobody reads this as a table: what lies in the trash is seen,
 * restored and removed through its own model, by whoever might delete it there (read-trash.ts, restore.ts). Who
 * deleted it and when are the entry's own `create_uid` and `create_date`. `base` lists it among its models.
 */
export const trashModel = defineModel({
  name: "hf.trash",
  label: "Deleted record",
  displayName: "res_model",
  order: "id desc",
  fields: {
    res_model: text({ label: "Model", required: true, readonly: true, maxLength: 128, index: true }),
    res_id: integer({ label: "Record", required: true, readonly: true }),
    /** What {@link TrashContent} says. */
    content: json({ label: "What was deleted", required: true, secret: true }),
    /** Records that were deleted with it. */
    takes: integer({ label: "Further records", required: true, readonly: true }),
    expires_at: datetime({ label: "Kept until", required: true, readonly: true, index: true }),
  },
  constraints: [
    { unique: ["res_model", "res_id"], message: "This record lies in the trash already: restore it first." },
  ],
});

/** The shape of an entry's content. Rows are PostgreSQL's own JSON and pass through here as text, never as numbers. */
export interface TrashContent {
  /** The transaction that deleted them. */
  readonly xid: string;
  /** Ids by model, the deleted record's own model first. */
  readonly models: Readonly<Record<string, readonly number[]>>;
  /** Whole rows by model. */
  readonly rows: Readonly<Record<string, readonly unknown[]>>;
  /** Pairs of many2many relations, by {@link pairKey}. */
  readonly pairs: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  /** References that the deletion unset. */
  readonly unset: readonly UnsetReference[];
}

/** Records of a model whose many2one led to something that was deleted. */
export interface UnsetReference {
  readonly model: string;
  readonly field: string;
  readonly to: number;
  readonly ids: readonly number[];
}

/** The name of a many2many: `sale.order.line/tax_id`. */
export function pairKey(model: Model, field: string): string {
  return `${model.name}/${field}`;
}
