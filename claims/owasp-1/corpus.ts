import type { Model } from "@holdfast/framework/model/model";

/**
 * What breaks out of a statement that was put together from texts, in all places where a text can stand: between
 * quotes, between double quotes, after ORDER BY, in a pattern, as a number. `%s` is a word that exists nowhere.
 */
export const payloads = [
  "%s'",
  "%s' OR '1'='1",
  "%s' OR TRUE -- ",
  '%s" OR "1"="1',
  "%s') OR (TRUE",
  "%s\\' OR 1=1 -- ",
  "%s$1",
  "1 OR 1=1 -- %s",
  "%s' UNION SELECT password_hash FROM res_users -- ",
] as const;

/** One call of the remote API with a hostile text in one of its arguments. */
export interface HostileArgument {
  readonly method: string;
  /** `domain`, `order`, `context.lang`: where the text stands. */
  readonly argument: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** The text can match nothing: an answer with records has taken it for more than a text. */
  readonly findsNothing?: boolean;
}

const scalarTexts = new Set(["text", "longText", "html", "selection"]);
const maxFields = 4;

/** Every argument of every method that only reads, for one text. */
export function argumentsOf(model: Model, text: string): HostileArgument[] {
  const fields = Object.entries(model.fields).filter(
    ([, field]) => !field.secret && !field.groups && field.computed === undefined,
  );
  const words = fields.filter(([, { kind }]) => scalarTexts.has(kind)).slice(0, maxFields);
  const relations = fields.filter(([, { kind }]) => kind === "many2one").slice(0, 1);
  const search = (domain: unknown) => ({ domain, limit: 5 });
  const filter = (argument: string, domain: unknown): HostileArgument => ({
    method: "search_read",
    argument,
    input: search(domain),
    findsNothing: true,
  });
  return [
    ...words.flatMap(([name]) => [
      filter(`domain: ${name} =`, [[name, "=", text]]),
      filter(`domain: ${name} ilike`, [[name, "ilike", text]]),
      filter(`domain: ${name} in`, [[name, "in", [text]]]),
      filter(`domain: ${name} =like`, [[name, "=like", text]]),
    ]),
    ...relations.map(([name]) => filter(`domain: name of ${name}`, [[name, "ilike", text]])),
    filter("domain: display_name", [["display_name", "like", text]]),
    filter("domain: id", [["id", "=", text]]),
    { method: "search_read", argument: "domain: field", input: search([[text, "=", 1]]) },
    { method: "search_read", argument: "domain: operator", input: search([["id", text, 1]]) },
    {
      method: "search_read",
      argument: "domain: word between",
      input: search([text, ["id", "=", 1], ["id", "=", 2]]),
    },
    { method: "search_read", argument: "fields", input: { domain: [], fields: [text], limit: 1 } },
    { method: "search_read", argument: "order", input: { domain: [], order: text, limit: 1 } },
    {
      method: "search_read",
      argument: "order: direction",
      input: { domain: [], order: `id ${text}`, limit: 1 },
    },
    { method: "search_read", argument: "limit", input: { domain: [], limit: text } },
    { method: "search_read", argument: "offset", input: { domain: [], offset: text, limit: 1 } },
    { method: "search_count", argument: "context.lang", input: { domain: [], context: { lang: text } } },
    { method: "search_count", argument: "context.tz", input: { domain: [], context: { tz: text } } },
    {
      method: "search_count",
      argument: "context.allowed_company_ids",
      input: { domain: [], context: { allowed_company_ids: [text] } },
    },
    { method: "read", argument: "ids", input: { ids: [text], fields: ["id"] } },
    { method: "read", argument: "fields", input: { ids: [1], fields: [text] } },
    { method: "exists", argument: "ids", input: { ids: [text] } },
    { method: "name_search", argument: "name", input: { name: text, limit: 5 }, findsNothing: true },
    { method: "name_search", argument: "operator", input: { name: "a", operator: text } },
    { method: "read_group", argument: "groupby", input: { domain: [], fields: [], groupby: [text] } },
    {
      method: "read_group",
      argument: "fields",
      input: { domain: [], fields: [`x:sum(${text})`], groupby: [] },
    },
    {
      method: "read_group",
      argument: "orderby",
      input: { domain: [], fields: [], groupby: [], orderby: text },
    },
    {
      method: "formatted_read_group",
      argument: "aggregates",
      input: { domain: [], groupby: [], aggregates: [`${text}:sum`] },
    },
    { method: "export_data", argument: "fields_to_export", input: { ids: [1], fields_to_export: [text] } },
    { method: "fields_get", argument: "allfields", input: { allfields: [text] } },
    { method: "default_get", argument: "fields", input: { fields: [text] } },
    { method: "has_access", argument: "operation", input: { ids: [1], operation: text.slice(0, 16) } },
  ];
}
