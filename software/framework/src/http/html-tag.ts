import type { Html } from "./html.ts";
import { type HoleContext, holesOf } from "./html-context.ts";
import { escapeAttribute, escapeText, safeUrl } from "./html-escape.ts";

/** What a hole of {@link html} takes. Lists are joined; null, undefined and false are left out. */
export type HtmlValue = Html | string | number | bigint | boolean | null | undefined | readonly HtmlValue[];

class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

const contexts = new WeakMap<TemplateStringsArray, readonly HoleContext[]>();

/**
 * Markup with its holes escaped for the place they stand in: text, quoted attribute, or address.
 *
 * Refuses, at the first use of a template, holes where no escaping is safe: unquoted attributes, `on…`
 * and `style` attributes, tag and attribute names, comments, script and style elements. A dangerous
 * address (`javascript:`) becomes `about:invalid`. Source: claim OWASP-2.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let places = contexts.get(strings);
  if (places === undefined) contexts.set(strings, (places = holesOf(strings)));
  let out = strings[0] ?? "";
  for (const [i, value] of values.entries())
    out += rendered(value, places[i] ?? "text") + (strings[i + 1] ?? "");
  return new Markup(out) as unknown as Html;
}

/**
 * Markup that is trusted as it stands: the one way around escaping, counted by `tools/tidy.ts`.
 *
 * @param why - the reason, for whoever reads the count.
 */
export function raw(markup: string, why: string): Html {
  if (why === "") throw new TypeError("raw markup needs its reason");
  return new Markup(markup) as unknown as Html;
}

/** @returns whether a value was made by {@link html} or {@link raw}, not merely looks so. */
export function isHtml(value: unknown): value is Html {
  return value instanceof Markup;
}

function rendered(value: HtmlValue, context: HoleContext): string {
  if (value === null || value === undefined || value === false) return "";
  if (Array.isArray(value)) return value.map((item: HtmlValue) => rendered(item, context)).join("");
  if (isHtml(value)) {
    if (context !== "text") throw new TypeError("markup cannot stand in an attribute");
    return value.toString();
  }
  const plain = String(value);
  if (context === "address") return escapeAttribute(safeUrl(plain));
  return context === "attribute" ? escapeAttribute(plain) : escapeText(plain);
}
