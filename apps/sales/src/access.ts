import type { AccessRight, Group, RecordRule } from "@holdfast/framework/access/policy";
import { shareLink } from "./share-link.ts";

/** Salespeople, their managers, and whoever holds the link to one quotation. */
export const salesGroups: readonly Group[] = [
  { key: "sales.user", label: "Sales: own quotations", implies: ["base.user", "contacts.user"] },
  { key: "sales.manager", label: "Sales: all quotations", implies: ["sales.user", "products.manager"] },
  { key: "link.sale_quotation", label: "Holder of a link to a quotation" },
  { key: `link.${shareLink}`, label: "Holder of a link that only shows a quotation" },
];

/** A link reads one quotation and its lines, and nothing else at all. */
export const salesRights: readonly AccessRight[] = ["sale.order", "sale.order.line"].flatMap(
  (model): AccessRight[] => [
    { group: "sales.user", model, allow: ["read", "write", "create", "delete", "export", "import"] },
    { group: "link.sale_quotation", model, allow: ["read"] },
    { group: `link.${shareLink}`, model, allow: ["read"] },
  ],
);

/** The company scope binds everyone; a link is bound to its one record instead. */
export const salesRules: readonly RecordRule[] = [
  {
    key: "sales.order.company",
    model: "sale.order",
    label: "Quotations of other companies stay with them",
    condition: "company_id in actor.company_ids || id == actor.record_id",
  },
  {
    key: "sales.order.own",
    model: "sale.order",
    label: "Salespeople see their own quotations and those of nobody",
    groups: ["sales.user"],
    condition: "user_id == actor.user_id || user_id == null",
  },
  {
    key: "sales.order.all",
    model: "sale.order",
    label: "Sales managers see all quotations",
    groups: ["sales.manager"],
    condition: "true",
  },
  {
    key: "sales.order.link",
    model: "sale.order",
    label: "A link opens the one quotation that it was made for",
    groups: ["link.sale_quotation", `link.${shareLink}`],
    condition: "id == actor.record_id",
  },
  {
    key: "sales.line.company",
    model: "sale.order.line",
    label: "Lines of other companies stay with them",
    condition: "order_id.company_id in actor.company_ids || order_id == actor.record_id",
  },
  {
    key: "sales.line.own",
    model: "sale.order.line",
    label: "Salespeople see the lines of their own quotations and those of nobody",
    groups: ["sales.user"],
    condition: "order_id.user_id == actor.user_id || order_id.user_id == null",
  },
  {
    key: "sales.line.all",
    model: "sale.order.line",
    label: "Sales managers see all lines",
    groups: ["sales.manager"],
    condition: "true",
  },
  {
    key: "sales.line.open",
    model: "sale.order.line",
    label: "Lines of a confirmed or cancelled order stay as they are",
    operations: ["write", "create", "delete"],
    condition: 'order_id.state == "draft" || order_id.state == "sent"',
    refusal:
      "This record is a line of a confirmed or cancelled order. Such lines stay as they are: cancel the order and set it back to a quotation first.",
  },
  {
    key: "sales.order.kept",
    model: "sale.order",
    label: "A confirmed order is not deleted but cancelled",
    operations: ["delete"],
    condition: 'state == "draft" || state == "sent" || state == "cancel"',
    refusal: "This record is a confirmed order. It is not deleted: cancel it first.",
  },
  {
    key: "sales.line.link",
    model: "sale.order.line",
    label: "A link opens the lines of its one quotation",
    groups: ["link.sale_quotation", `link.${shareLink}`],
    condition: "order_id == actor.record_id",
  },
];
