const textEscapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const attributeEscapes: Readonly<Record<string, string>> = {
  ...textEscapes,
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};
const safeSchemes = new Set(["http:", "https:", "mailto:", "tel:"]);
const dangerous = "about:invalid";

/** Escapes for the content of an element. */
export function escapeText(plain: string): string {
  return plain.replace(/[&<>]/g, (c) => textEscapes[c] ?? c);
}

/** Escapes for an attribute value in either kind of quotes. */
export function escapeAttribute(plain: string): string {
  return plain.replace(/[&<>"'`]/g, (c) => attributeEscapes[c] ?? c);
}

/**
 * @returns the address when it is relative or of a harmless scheme, else `about:invalid`.
 *
 * Browsers drop tabs, newlines and leading control characters before they look for the scheme; so do we.
 * Source: WHATWG URL, basic URL parser, steps 1 to 3.
 */
export function safeUrl(address: string): string {
  const seen = address.replace(/^[\u0000-\u0020]+/, "").replace(/[\t\n\r]/g, "");
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(seen)?.[0]?.toLowerCase();
  if (scheme === undefined) return seen;
  return safeSchemes.has(scheme) ? seen : dangerous;
}
