import { bad, shown } from "./arguments.ts";

/** An element as the parser gives it with order kept: its one own key is the tag, or `#text`. */
export type XmlNode = Readonly<Record<string, unknown>>;

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const maxSafe = Number.MAX_SAFE_INTEGER;

/** Reads the content of a `<value>`; a bare text is a string. Source: xmlrpc.com/spec. @throws `bad_request`. */
export function readValue(nodes: readonly XmlNode[]): unknown {
  const element = nodes.find((node) => !isText(node));
  if (element === undefined) return textOf(nodes);
  const tag = Object.keys(element)[0] ?? "";
  const inside = element[tag] as readonly XmlNode[];
  if (tag === "array") return readArray(inside);
  if (tag === "struct") return readStruct(inside);
  const read = Object.hasOwn(scalars, tag) ? scalars[tag] : undefined;
  if (read === undefined) throw bad(`There is no XML-RPC type "${shown(tag)}".`);
  return read(textOf(inside));
}

const scalars: Readonly<Record<string, (text: string) => unknown>> = {
  string: (text) => text,
  int: integer,
  i4: integer,
  i8: integer,
  double: (text) => {
    const value = Number(text.trim());
    if (text.trim() === "" || !Number.isFinite(value)) throw bad(`"${shown(text)}" is not a number.`);
    return value;
  },
  boolean: (text) => {
    const bit = text.trim();
    if (bit !== "0" && bit !== "1") throw bad(`"${shown(text)}" is not a boolean: wanted 0 or 1.`);
    return bit === "1";
  },
  "dateTime.iso8601": moment,
  base64: (text) => text.replace(/\s+/g, ""),
  nil: () => null,
};

/** What the parser calls a CDATA section. */
export const cdataNode = "#cdata";

/** The five entities of XML and numbered characters; anything else is refused, nothing is expanded twice. */
function decodeText(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&([^;&\s]{0,12})(;?)/g, (_match, name: string, end: string) => {
    const known = end === ";" && Object.hasOwn(entities, name) ? entities[name] : undefined;
    if (known !== undefined) return known;
    const code = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(end === ";" ? name : "");
    const point =
      code === null ? -1 : Number.parseInt(code[1] ?? code[2] ?? "", code[1] === undefined ? 10 : 16);
    if (point <= 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
      throw bad(`The body holds an unknown entity "${shown(name)}".`);
    return String.fromCodePoint(point);
  });
}

function readArray(nodes: readonly XmlNode[]): unknown[] {
  const data = nodes.find((node) => Object.hasOwn(node, "data"));
  const values = (data?.["data"] as readonly XmlNode[] | undefined) ?? [];
  return values
    .filter((node) => Object.hasOwn(node, "value"))
    .map((node) => readValue(node["value"] as XmlNode[]));
}

function readStruct(nodes: readonly XmlNode[]): Readonly<Record<string, unknown>> {
  const entries = nodes
    .filter((node) => Object.hasOwn(node, "member"))
    .map((node) => readMember(node["member"] as readonly XmlNode[]));
  return Object.fromEntries(entries);
}

function readMember(nodes: readonly XmlNode[]): readonly [string, unknown] {
  const name = nodes.find((node) => Object.hasOwn(node, "name"));
  const value = nodes.find((node) => Object.hasOwn(node, "value"));
  if (name === undefined || value === undefined) throw bad("A member has no name or no value.");
  return [textOf(name["name"] as readonly XmlNode[]), readValue(value["value"] as readonly XmlNode[])];
}

function integer(text: string): number {
  const digits = text.trim();
  const value = /^[+-]?\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(Math.abs(value) <= maxSafe)) throw bad(`"${shown(text)}" is not a whole number.`);
  return value;
}

/** `20261122T14:30:00` becomes `2026-11-22 14:30:00`, as the API writes moments. */
function moment(text: string): string {
  const parts = /^(\d{4})-?(\d{2})-?(\d{2})T(\d{2}:\d{2}:\d{2})Z?$/.exec(text.trim());
  if (parts === null) throw bad(`"${shown(text)}" is not a moment.`);
  return `${parts[1]}-${parts[2]}-${parts[3]} ${parts[4]}`;
}

/** The text of an element: entities read in what stands free, nothing read in what stands in CDATA. */
export function textOf(nodes: readonly XmlNode[]): string {
  return nodes.map(ownText).join("");
}

function ownText(node: XmlNode): string {
  if (Object.hasOwn(node, "#text")) return decodeText(String(node["#text"]));
  const inside = Object.hasOwn(node, cdataNode) ? (node[cdataNode] as readonly XmlNode[]) : [];
  return inside.map((one) => String(one["#text"] ?? "")).join("");
}

function isText(node: XmlNode): boolean {
  return Object.hasOwn(node, "#text") || Object.hasOwn(node, cdataNode);
}
