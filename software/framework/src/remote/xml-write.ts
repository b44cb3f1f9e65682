import { RemoteDouble } from "./remote-value.ts";

const maxInt = 2 ** 31 - 1;
const head = '<?xml version="1.0"?>\n';

/** A successful answer. */
export function xmlResponse(value: unknown): string {
  return `${head}<methodResponse><params><param>${xmlValue(value)}</param></params></methodResponse>`;
}

/** A failure. */
export function xmlFault(faultCode: number, faultString: string): string {
  return `${head}<methodResponse><fault>${xmlValue({ faultCode, faultString })}</fault></methodResponse>`;
}

/** A value with its tags. Numbers beyond 32 bits travel as doubles, which every client reads. */
export function xmlValue(value: unknown): string {
  if (value === null || value === undefined) return "<value><nil/></value>";
  if (typeof value === "boolean") return `<value><boolean>${value ? 1 : 0}</boolean></value>`;
  if (typeof value === "number") return number(value);
  if (value instanceof RemoteDouble) return double(value.value);
  if (typeof value === "string") return `<value><string>${escaped(value)}</string></value>`;
  if (Array.isArray(value))
    return `<value><array><data>${value.map(xmlValue).join("")}</data></array></value>`;
  return struct(value);
}

function number(value: number): string {
  const int = Number.isInteger(value) && Math.abs(value) <= maxInt;
  return int ? `<value><int>${value}</int></value>` : double(value);
}

/** XML-RPC knows no exponents. */
function double(value: number): string {
  if (Number.isInteger(value)) return `<value><double>${BigInt(value)}.0</double></value>`;
  const plain = String(value).includes("e") ? value.toFixed(20) : String(value);
  return `<value><double>${plain}</double></value>`;
}

function struct(value: object): string {
  const members = Object.entries(value).map(
    ([name, inner]) => `<member><name>${escaped(name)}</name>${xmlValue(inner)}</member>`,
  );
  return `<value><struct>${members.join("")}</struct></value>`;
}

/** Escapes markup, and leaves out the control characters that no XML document may hold, not even escaped. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
}
