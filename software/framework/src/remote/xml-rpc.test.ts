import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RemoteDouble } from "./remote-value.ts";
import { maxXmlDepth, readXmlCall } from "./xml-rpc.ts";
import { xmlFault, xmlResponse, xmlValue } from "./xml-write.ts";

const call = (...values: string[]) =>
  `<?xml version="1.0"?>\n<methodCall>\n<methodName> execute_kw </methodName>\n<params>${values.map((value) => `<param>${value}</param>`).join("\n")}</params></methodCall>`;
const read = (...values: string[]) => readXmlCall(call(...values)).params;

test("values of every type are read, whatever stands between the tags", () => {
  assert.deepEqual(
    read(
      "<value><int>-7</int></value>",
      "<value><i4>8</i4></value>",
      "<value> <boolean>1</boolean> </value>",
      "<value><double>-1.5e3</double></value>",
      "<value>bare &amp; plain</value>",
      "<value/>",
      "<value><string/></value>",
      "<value><nil/></value>",
      "<value><dateTime.iso8601>20261122T14:30:00</dateTime.iso8601></value>",
      "<value><base64>aGk=\n</base64></value>",
    ),
    [-7, 8, true, -1500, "bare & plain", "", "", null, "2026-11-22 14:30:00", "aGk="],
  );
});

test("lists and structs nest, and a member called __proto__ is a member", () => {
  const [value] = read(
    "<value><array><data><value><array><data/></array></value><value><struct><member><name>__proto__</name><value><int>1</int></value></member></struct></value></data></array></value>",
  ) as [[unknown, object]];
  assert.deepEqual(value[0], []);
  assert.deepEqual(Object.entries(value[1]), [["__proto__", 1]]);
  assert.equal((Object.prototype as unknown as Record<string, unknown>)["1"], undefined);
});

test("CDATA is taken as it stands; entities are read once and only those of XML", () => {
  assert.deepEqual(
    read("<value><string><![CDATA[<b>&amp;]]></string></value>", "<value>&#233;&#x1F600;&amp;lt;</value>"),
    ["<b>&amp;", "é😀&lt;"],
  );
  for (const entity of ["&eacute;", "&x;", "&amp", "& ", "&#0;", "&#xD800;", "&#x110000;", "&#99999999;"])
    assert.throws(() => read(`<value>${entity}</value>`), { code: "bad_request" }, entity);
});

test("numbers, booleans, dates and types that are none are refused", () => {
  for (const value of [
    "<int>1.5</int>",
    "<int/>",
    "<int>99999999999999999</int>",
    "<boolean>true</boolean>",
    "<double>NaN</double>",
    "<double/>",
    "<dateTime.iso8601>today</dateTime.iso8601>",
    "<constructor>1</constructor>",
    "<toString/>",
  ])
    assert.throws(() => read(`<value>${value}</value>`), { code: "bad_request" }, value);
});

test("nesting has its limit", () => {
  const nested = (depth: number) =>
    `${"<value><array><data>".repeat(depth)}${"</data></array></value>".repeat(depth)}`;
  assert.doesNotThrow(() => read(nested(Math.floor(maxXmlDepth / 3) - 2)));
  assert.throws(() => read(nested(maxXmlDepth)), { code: "bad_request" });
});

test("what is written is read back the same", () => {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc
        .string({ unit: "grapheme" })
        .map((text) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 5 }),
      fc.dictionary(fc.string({ unit: "grapheme-ascii" }), tie("value"), {
        maxKeys: 5,
        noNullPrototype: true,
      }),
    ),
  }));
  fc.assert(
    fc.property(value, (one) => {
      assert.deepEqual(read(xmlValue(one))[0], one);
    }),
    { numRuns: 500 },
  );
});

test("a fraction that happens to be whole stays a fraction; large numbers lose their exponent, not their value", () => {
  assert.equal(xmlValue(new RemoteDouble(100)), "<value><double>100.0</double></value>");
  assert.equal(xmlValue(100), "<value><int>100</int></value>");
  assert.equal(xmlValue(2 ** 40), "<value><double>1099511627776.0</double></value>");
  assert.equal(xmlValue(1e21), "<value><double>1000000000000000000000.0</double></value>");
  assert.equal(Number(/<double>([\d.]+)/.exec(xmlValue(1.5e-7))?.[1]), 1.5e-7);
});

test("characters that no XML document may hold are left out, markup is escaped", () => {
  assert.equal(xmlValue("a\u0000\u0008<&>\ud800"), "<value><string>a&lt;&amp;&gt;\ufffd</string></value>");
  assert.match(xmlFault(2, "x < y"), /<name>faultString<\/name><value><string>x &lt; y</);
  assert.match(
    xmlResponse(true),
    /^<\?xml version="1\.0"\?>\n<methodResponse><params><param><value><boolean>1/,
  );
});

test("random bytes are refused, never read as a call of something and never a crash", () => {
  const pieces = fc.constantFrom(
    "<methodCall>",
    "</methodCall>",
    "<methodName>x</methodName>",
    "<params>",
    "</params>",
    "<param>",
    "</param>",
    "<value>",
    "</value>",
    "<int>",
    "1",
    "&amp;",
    "&",
    "<![CDATA[",
    "]]>",
    "<!",
    "<?xml?>",
    "\u0000",
    "é",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      try {
        readXmlCall(parts.join(""));
      } catch (error) {
        assert.equal((error as { code?: string }).code, "bad_request", String(error));
      }
    }),
    { numRuns: 3_000 },
  );
});
