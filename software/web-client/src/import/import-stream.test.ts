import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf, readImportEvent } from "./import-stream.ts";

async function* chunked(...chunks: string[]) {
  yield* chunks;
}

test("lines are found whatever the network cut", async () => {
  const lines = await Array.fromAsync(linesOf(chunked('{"a":', "1}\n\n{", '"b":2}')));
  assert.deepEqual(lines, ['{"a":1}', '{"b":2}']);
});

test("progress, problems and results are told apart", () => {
  assert.deepEqual(readImportEvent('{"progress":{"done":200}}'), {
    kind: "progress",
    done: 200,
    total: null,
  });
  assert.deepEqual(
    readImportEvent('{"problem":{"row":12,"column":"E-mail","field":"email","message":"No address."}}'),
    {
      kind: "problem",
      problem: { row: 12, field: "email", column: "E-mail", message: "No address." },
    },
  );
  assert.deepEqual(readImportEvent('{"result":{"imported":0,"problems":2,"total":1000}}'), {
    kind: "result",
    imported: 0,
    problems: 2,
    rows: 1000,
  });
  const failed = readImportEvent(
    '{"error":{"code":"too_large","message":"The file is too large.","hint":"Split it."}}',
  );
  assert.equal(failed?.kind === "failed" && failed.failure.hint, "Split it.");
});

test("what is not understood is passed over", () => {
  assert.equal(readImportEvent("not json"), null);
  assert.equal(readImportEvent('{"news":1}'), null);
});
