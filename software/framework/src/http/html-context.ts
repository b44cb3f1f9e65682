/** Where a hole of a template stands. */
export type HoleContext = "text" | "attribute" | "address";

const addressAttributes = new Set([
  "href",
  "src",
  "action",
  "formaction",
  "poster",
  "cite",
  "data",
  "ping",
  "background",
]);
const refusedAttributes = /^(?:on.*|style|srcdoc|srcset)$/;
const refusedElements = new Set([
  "script",
  "style",
  "iframe",
  "noscript",
  "template",
  "textarea",
  "title",
  "xmp",
  "plaintext",
]);
const rcdataElements = new Set(["textarea", "title"]);

type State =
  | "text"
  | "tagName"
  | "tag"
  | "attributeName"
  | "afterName"
  | "beforeValue"
  | "quoted"
  | "unquoted"
  | "comment"
  | "rawText";

/** Walks a template's fixed parts as a browser's tokenizer would; enough of it to know each hole's place. */
class Walk {
  state: State = "text";
  quote = "";
  element = "";
  attribute = "";
  /** The attribute's value so far; a hole counts as one character. */
  value = "";
  #name = "";

  feed(part: string): void {
    for (let at = 0; at < part.length; ) at = this.#step(part, at);
  }

  #step(part: string, at: number): number {
    const c = part.charAt(at);
    if (this.state === "text") return this.#inText(part, at);
    if (this.state === "comment") return this.#until(part, at, "-->");
    if (this.state === "rawText") return this.#inRawText(part, at);
    if (this.state === "quoted") {
      if (c === this.quote) this.state = "tag";
      else this.value += c;
      return at + 1;
    }
    return this.#inTag(c, at);
  }

  #inText(part: string, at: number): number {
    if (part.startsWith("<!--", at)) {
      this.state = "comment";
      return at + 4;
    }
    if (part.charAt(at) === "<" && /^<[a-z/!]/i.test(part.slice(at, at + 2))) {
      this.state = "tagName";
      this.#name = "";
    }
    return at + 1;
  }

  #inRawText(part: string, at: number): number {
    const end = `</${this.element}`;
    if (part.slice(at, at + end.length).toLowerCase() !== end) return at + 1;
    this.state = "tagName";
    this.#name = "/";
    return at + 2;
  }

  #until(part: string, at: number, end: string): number {
    if (!part.startsWith(end, at)) return at + 1;
    this.state = "text";
    return at + end.length;
  }

  #inTag(c: string, at: number): number {
    if (c === ">") return this.#closeTag(at);
    const space = /[\s/]/.test(c);
    switch (this.state) {
      case "tagName":
        if (space && this.#name !== "") {
          this.element = this.#name.toLowerCase();
          this.state = "tag";
        } else this.#name += c;
        break;
      case "attributeName":
        if (c === "=") this.state = "beforeValue";
        else if (space) this.state = "afterName";
        else this.attribute += c.toLowerCase();
        break;
      case "afterName":
        if (c === "=") this.state = "beforeValue";
        else if (!space) this.#startAttribute(c);
        break;
      case "beforeValue":
        if (c === '"' || c === "'") {
          this.quote = c;
          this.value = "";
          this.state = "quoted";
        } else if (!space) this.state = "unquoted";
        break;
      case "unquoted":
        if (/\s/.test(c)) this.state = "tag";
        break;
      default:
        if (!space) this.#startAttribute(c);
    }
    return at + 1;
  }

  #startAttribute(c: string): void {
    this.attribute = c.toLowerCase();
    this.state = "attributeName";
  }

  #closeTag(at: number): number {
    if (this.state === "tagName") this.element = this.#name.toLowerCase();
    const opensRaw = refusedElements.has(this.element);
    this.state = opensRaw ? "rawText" : "text";
    return at + 1;
  }
}

/**
 * @param strings - the fixed parts of a template.
 * @returns the place of each hole, in order.
 * @throws TypeError when a hole stands where nothing can be escaped safely.
 */
export function holesOf(strings: readonly string[]): readonly HoleContext[] {
  const walk = new Walk();
  return strings.slice(0, -1).map((part) => {
    walk.feed(part);
    if (/<[/!]?$/.test(part)) walk.state = "tagName";
    const context = contextOf(walk);
    walk.value += "\u0000";
    return context;
  });
}

function contextOf(walk: Walk): HoleContext {
  if (walk.state === "text") return "text";
  if (walk.state === "rawText" && rcdataElements.has(walk.element)) return "text";
  if (walk.state !== "quoted")
    throw new TypeError(
      `a template has a hole in ${placeOf(walk)}: only text and quoted attributes take one`,
    );
  if (refusedAttributes.test(walk.attribute))
    throw new TypeError(
      `a template has a hole in the attribute "${walk.attribute}", which no escaping makes safe`,
    );
  if (!addressAttributes.has(walk.attribute) && !walk.attribute.endsWith(":href")) return "attribute";
  if (walk.value === "") return "address";
  if (/[/?#]/.test(walk.value)) return "attribute";
  throw new TypeError(
    `a template has a hole in the scheme of "${walk.attribute}": give the whole address in one hole`,
  );
}

function placeOf(walk: Walk): string {
  if (walk.state === "rawText") return `<${walk.element}>`;
  if (walk.state === "comment") return "a comment";
  return walk.state === "unquoted" || walk.state === "beforeValue" ? "an unquoted attribute" : "a tag";
}
