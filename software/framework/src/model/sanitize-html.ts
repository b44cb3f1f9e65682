import sanitize from "sanitize-html";

/**
 * Rich text with only what cannot act: no scripts, styles, forms, frames, event handlers; links to the web,
 * mail and phone; images inline or over HTTPS. Runs when text is written, so that all that is stored is clean.
 */
export function sanitizeHtml(text: string): string {
  return sanitize(text, rules);
}

const rules = {
  allowedTags: [
    ...["p", "br", "hr", "div", "span", "blockquote", "pre", "code"],
    ...[
      "h1",
      "h2",
      "h3",
      "h4",
      "h5",
      "h6",
      "b",
      "strong",
      "i",
      "em",
      "u",
      "s",
      "sub",
      "sup",
      "small",
      "mark",
    ],
    ...["ul", "ol", "li", "dl", "dt", "dd", "a", "img"],
    ...["table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"],
  ],
  allowedAttributes: {
    a: ["href", "title"],
    img: ["src", "alt", "width", "height"],
    td: ["colspan", "rowspan"],
    th: ["colspan", "rowspan", "scope"],
    ol: ["start"],
  },
  allowedSchemes: ["https", "http", "mailto", "tel"],
  allowedSchemesByTag: { img: ["https", "data"] },
  allowProtocolRelative: false,
  disallowedTagsMode: "discard" as const,
};
