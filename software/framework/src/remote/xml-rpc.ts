import { XMLParser } from "fast-xml-parser";
import { bad } from "./arguments.ts";
import { cdataNode, readValue, textOf, type XmlNode } from "./xml-read.ts";

/** A method call as XML-RPC carries it. */
export interface XmlCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** How deep tags may nest; one list costs four. */
export const maxXmlDepth = 200;
const maxTags = 500_000;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  maxNestedTags: maxXmlDepth + 1,
  // Kept apart from text: what stands in it is taken as it stands.
  cdataPropName: cdataNode,
  // Entities are read by `decodeText`, which knows the five of XML and no other.
  processEntities: false,
  htmlEntities: false,
});

/**
 * Reads a `methodCall`.
 *
 * @throws `bad_request` for what is no XML-RPC, too deep, or holds a DTD, an entity declaration or a
 * processing instruction: nothing is ever expanded or fetched.
 */
export function readXmlCall(text: string): XmlCall {
  refuseDeclarations(text);
  refuseDepth(text);
  const call = children(parse(text), "methodCall");
  if (call === undefined) throw bad("The body is not an XML-RPC call.");
  const method = textOf(children(call, "methodName") ?? []).trim();
  const params = (children(call, "params") ?? []).filter((node) => Object.hasOwn(node, "param"));
  return { method, params: params.map((node) => readParam(node["param"] as XmlNode[])) };
}

function parse(text: string): XmlNode[] {
  try {
    return parser.parse(text) as XmlNode[];
  } catch {
    throw bad("The body is not well-formed XML.");
  }
}

/** Looks at the text itself, before any parser does: no `<!` but CDATA, no `<?` but the first line. */
function refuseDeclarations(text: string): void {
  if (/<!(?!\[CDATA\[)/.test(text)) throw bad("The body holds a DTD, an entity or a comment: none is taken.");
  if (/<\?/.test(text.replace(/^\uFEFF?\s*<\?xml[^<>?]*\?>/, "")))
    throw bad("The body holds a processing instruction: none is taken.");
}

function refuseDepth(text: string): void {
  let depth = 0;
  let tags = 0;
  for (const [tag] of text.replace(/<!\[CDATA\[.*?\]\]>/gs, "").matchAll(/<\/?[A-Za-z][^<>]*>/g)) {
    if (!tag.endsWith("/>")) depth += tag.startsWith("</") ? -1 : 1;
    if (++tags > maxTags || depth > maxXmlDepth)
      throw bad(`The body has more than ${maxTags} tags, or nests more than ${maxXmlDepth} deep.`);
  }
  if (depth !== 0) throw bad("The body is cut off: not every tag is closed.");
}

function readParam(nodes: readonly XmlNode[]): unknown {
  const value = children(nodes, "value");
  if (value === undefined) throw bad("A parameter has no value.");
  return readValue(value);
}

function children(nodes: readonly XmlNode[], tag: string): XmlNode[] | undefined {
  const node = nodes.find((one) => Object.hasOwn(one, tag));
  return node?.[tag] as XmlNode[] | undefined;
}
