import { deflateSync, gzipSync } from "node:zlib";
import { marker } from "./hostile-calls.ts";

/** A request that is no call at all, or pretends to be another kind. */
export interface HostileBody {
  readonly what: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
}

const ok = JSON.stringify({ domain: [["name", "=", marker]] });
const bytes = (text: string | Buffer) => new Uint8Array(Buffer.from(text as string));

/** Each is sent to each door; small ones, and a few that are as large as a caller can make them. */
export function hostileBodies(): readonly HostileBody[] {
  const deepDomain = `{"domain": ${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
  const wideDomain = `{"domain": [${Array(250_000).fill(`["name","=","${marker}"]`).join(",")}]}`;
  return [
    { what: "nothing", body: "" },
    { what: "half of JSON", body: ok.slice(0, 11) },
    { what: "two values", body: `${ok}${ok}` },
    { what: "a number", body: "1e999" },
    { what: "a list", body: `[${ok}]` },
    { what: "a text", body: `"${marker}"` },
    { what: "null", body: "null" },
    { what: "no UTF-8", body: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]) },
    { what: "UTF-16", body: new Uint8Array(Buffer.from(ok, "utf16le")) },
    { what: "NUL bytes", body: new Uint8Array(1_000) },
    { what: "half a surrogate pair", body: '{"domain":[["name","=","\\ud800"]]}' },
    { what: "a name given twice", body: '{"domain":[],"domain":[["id","=",1]]}' },
    { what: "the prototype", body: '{"__proto__":{"model":"res.users"},"constructor":{"prototype":{}}}' },
    { what: "gzip", body: bytes(gzipSync(ok)), headers: { "content-encoding": "gzip" } },
    {
      what: "a gzip bomb",
      body: bytes(gzipSync(Buffer.alloc(20_000_000, 0x20))),
      headers: { "content-encoding": "gzip" },
    },
    { what: "deflate", body: bytes(deflateSync(ok)), headers: { "content-encoding": "deflate" } },
    { what: "gzip that is none", body: ok, headers: { "content-encoding": "gzip" } },
    { what: "plain text", body: ok, headers: { "content-type": "text/plain" } },
    { what: "a form", body: "domain=[]", headers: { "content-type": "application/x-www-form-urlencoded" } },
    {
      what: "multipart",
      body: "--x\r\n\r\n",
      headers: { "content-type": "multipart/form-data; boundary=x" },
    },
    { what: "another charset", body: ok, headers: { "content-type": "application/json; charset=utf-7" } },
    {
      what: "a content type of its own",
      body: ok,
      headers: { "content-type": `${marker}/x'; DROP TABLE res_partner` },
    },
    { what: "50,000 brackets", body: deepDomain },
    { what: "a domain of 5 MB", body: wideDomain },
    { what: "a domain of 10 MB", body: `{"domain": [["name", "=", "${"x".repeat(10_000_000)}"]]}` },
    {
      what: "XML with an entity",
      body: '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><methodCall><methodName>&b;</methodName></methodCall>',
    },
    {
      what: "XML, 1,000 deep",
      body: `<methodCall><methodName>execute_kw</methodName><params>${"<param><value><array><data>".repeat(1_000)}`,
    },
    {
      what: "a billion laughs",
      body: `<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><methodCall>&b;</methodCall>`,
    },
    { what: "JSON-RPC in a batch", body: `[{"jsonrpc":"2.0","id":1,"params":{}},{"jsonrpc":"2.0","id":2}]` },
    {
      what: "JSON-RPC for no service",
      body: `{"jsonrpc":"2.0","id":{"a":1},"params":{"service":"${marker}","method":"__proto__","args":{}}}`,
    },
  ];
}
