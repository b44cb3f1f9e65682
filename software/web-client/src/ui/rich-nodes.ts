/** Elements of rich text that are shown as such; all others show their words alone. */
const tags = [
  "p",
  "br",
  "b",
  "strong",
  "i",
  "em",
  "u",
  "s",
  "ul",
  "ol",
  "li",
  "a",
  "code",
  "pre",
  "blockquote",
  "h3",
  "h4",
] as const;
export type RichTag = (typeof tags)[number];
export type RichNode =
  | string
  | { readonly tag: RichTag; readonly href: string | null; readonly children: readonly RichNode[] };

/** Elements whose content is no words. */
const silent = new Set(["script", "style", "title", "template", "noscript", "iframe"]);
/** Deeper nesting is drawn flat. */
const maxDepth = 20;
const names: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

interface Open {
  readonly tag: RichTag | null;
  readonly name: string;
  readonly href: string | null;
  readonly children: RichNode[];
}

/** Reads HTML into a few known elements. Tolerates anything; never runs anything. */
export function parseRichText(html: string): readonly RichNode[] {
  const root: Open = { tag: null, name: "", href: null, children: [] };
  const stack: Open[] = [root];
  const top = () => stack[stack.length - 1] ?? root;
  const close = (name: string) => {
    const at = stack.findLastIndex((open) => open.name === name);
    while (at > 0 && stack.length > at) {
      const done = stack.pop() as Open;
      top().children.push(
        ...(done.tag ? [{ tag: done.tag, href: done.href, children: done.children }] : done.children),
      );
    }
  };
  for (const [, closing, rawName, attributes, text] of html.matchAll(
    /<(\/?)([a-zA-Z][a-zA-Z0-9]*)([^>]*)>|([^<]+|<)/g,
  )) {
    const unsaid = stack.some((open) => silent.has(open.name));
    if (text !== undefined) {
      if (!unsaid) top().children.push(decode(text));
      continue;
    }
    const name = (rawName ?? "").toLowerCase();
    if (unsaid && !(closing && silent.has(name))) continue;
    if (closing) close(name);
    else if (name === "br") top().children.push({ tag: "br", href: null, children: [] });
    else if (stack.length < maxDepth && !isVoid(name)) {
      const tag = tags.find((known) => known === name) ?? null;
      stack.push({ tag, name, href: name === "a" ? safeHref(attributes ?? "") : null, children: [] });
    }
  }
  while (stack.length > 1) close(top().name);
  return root.children;
}

/** Only web and mail addresses; anything else is no link. */
function safeHref(attributes: string): string | null {
  const href = decode(
    /\bhref\s*=\s*("([^"]*)"|'([^']*)'|([^\s>]+))/i.exec(attributes)?.slice(2).find(Boolean) ?? "",
  ).trim();
  return /^(https?:\/\/|mailto:|\/(?!\/))/i.test(href) ? href : null;
}

function isVoid(name: string): boolean {
  return ["img", "hr", "input", "meta", "link", "source", "wbr", "area", "base", "col", "embed"].includes(
    name,
  );
}

function decode(text: string): string {
  return text.replace(/&(#x?[0-9a-f]+|[a-z]+);/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return names[name.toLowerCase()] ?? whole;
    const code = name[1]?.toLowerCase() === "x" ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code < 0x110000 ? String.fromCodePoint(code) : whole;
  });
}
