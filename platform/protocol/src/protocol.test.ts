import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ExpectedError } from "@holdfast/kernel/errors";
import { z } from "zod";
import { call } from "./call.ts";
import { defineMethod, type Progress } from "./method.ts";
import { type Handler, handle, type ServeOptions, serve } from "./serve.ts";
import { PartFailed, wireLimits } from "./wire.ts";

const double = defineMethod({
  name: "test.double",
  input: z.strictObject({ n: z.number() }),
  output: z.object({ n: z.number() }),
});
const count = defineMethod({
  name: "test.count",
  progress: true,
  input: z.strictObject({ to: z.number() }),
  output: z.number(),
});
const nothing = defineMethod({
  name: "test.nothing",
  progress: true,
  input: z.strictObject({}),
  output: z.null(),
});

let folder: string;
let serial = 0;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "hf-protocol-"));
});
after(() => rmSync(folder, { recursive: true }));

async function serving(
  handlers: readonly Handler[],
  run: (path: string) => Promise<void>,
  options?: ServeOptions,
): Promise<void> {
  const path = join(folder, `${++serial}.sock`);
  const server = await serve(path, handlers, options);
  try {
    await run(path);
  } finally {
    await server.close();
  }
}

const counting = handle(count, async ({ to }, { progress }) => {
  for (let done = 1; done <= to; done++) progress({ step: "counting", done, total: to, unit: "steps" });
  return to;
});

/** Sends what our own client never would. */
function raw(
  socketPath: string,
  path: string,
  headers: Record<string, string>,
  body: string,
  method = "POST",
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    outgoing.on("error", reject).end(body);
  });
}

const spoken = { "holdfast-protocol": "1", "content-type": "application/json" };

describe("a call", () => {
  test("is answered by the handler of its method", () =>
    serving([handle(double, async ({ n }) => ({ n: 2 * n }))], async (path) => {
      assert.deepEqual(await call(path, double, { n: 21 }), { n: 42 });
    }));

  test("shows each step of a long method before its result", () =>
    serving([counting], async (path) => {
      const seen: Progress[] = [];
      assert.equal(await call(path, count, { to: 3 }, { onProgress: (progress) => seen.push(progress) }), 3);
      assert.deepEqual(
        seen.map((progress) => progress.done),
        [1, 2, 3],
      );
    }));

  test("may have null as the result of a long method", () =>
    serving([handle(nothing, async () => null)], async (path) => {
      assert.equal(await call(path, nothing, {}), null);
    }));

  test("gets an expected error with code, message and hint, but neither details nor cause", () =>
    serving(
      [
        handle(double, async () => {
          throw new ExpectedError("conflict", "it is busy", { hint: "wait", details: { secret: 1 } });
        }),
      ],
      async (path) => {
        const error = await call(path, double, { n: 1 }).catch((caught: unknown) => caught);
        assert.ok(error instanceof ExpectedError);
        assert.deepEqual(
          [error.code, error.message, error.hint, error.details],
          ["conflict", "it is busy", "wait", {}],
        );
      },
    ));

  test("gets only a reference when the other part has a defect", () =>
    serving(
      [
        handle(count, async () => {
          throw new TypeError("password hunter2");
        }),
      ],
      async (path) => {
        const error = await call(path, count, { to: 1 }).catch((caught: unknown) => caught);
        assert.ok(error instanceof PartFailed);
        assert.doesNotMatch(error.message, /hunter2/);
      },
    ));

  test("to a socket where nobody listens says what to start", async () => {
    await assert.rejects(call(join(folder, "none.sock"), double, { n: 1 }), {
      code: "unavailable",
      hint: "start it with `bin/up`",
    });
  });

  test("is refused before it is sent when its input is invalid or too long", async () => {
    const long = defineMethod({ name: "test.long", input: z.string(), output: z.null() });
    await assert.rejects(call("/nowhere", double, { n: "1" } as never), {
      code: "invalid",
      message: /double.*number/s,
    });
    await assert.rejects(call("/nowhere", long, "x".repeat(wireLimits.requestBytes)), { code: "too_large" });
  });

  test("that is cancelled aborts the handler at the other end", async () => {
    const noticed = Promise.withResolvers<void>();
    const wait = handle(count, (_input, { signal, progress }) => {
      progress({ step: "waiting", done: 0, total: null, unit: "" });
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          noticed.resolve();
          reject(signal.reason as Error);
        });
      });
    });
    await serving([wait], async (path) => {
      const cancel = new AbortController();
      const answer = call(
        path,
        count,
        { to: 1 },
        { signal: cancel.signal, onProgress: () => cancel.abort() },
      );
      await assert.rejects(answer, { name: "AbortError" });
      await noticed.promise;
    });
  });

  test("ends with `unavailable` when the other part closes in the middle", async () => {
    const path = join(folder, `${++serial}.sock`);
    const server = await serve(path, [handle(count, () => new Promise(() => undefined))]);
    const answer = call(path, count, { to: 1 });
    const closed = new Promise<void>((resolve) => setImmediate(() => resolve(server.close())));
    await assert.rejects(answer, { code: "unavailable" });
    await closed;
  });

  test("ends with `unavailable` when the other part falls silent", async () => {
    await serving([handle(count, () => new Promise(() => undefined))], async (path) => {
      await assert.rejects(call(path, count, { to: 1 }, { timeoutMilliseconds: 50 }), {
        code: "unavailable",
      });
    });
  });

  test("stays open through a long silence of the method because heartbeats pass", async () => {
    const slow = handle(count, async ({ to }) => {
      const started = performance.now();
      while (performance.now() - started < 300) await new Promise((resolve) => setImmediate(resolve));
      return to;
    });
    await serving(
      [slow],
      async (path) => assert.equal(await call(path, count, { to: 7 }, { timeoutMilliseconds: 150 }), 7),
      { limits: { heartbeatMilliseconds: 20 } },
    );
  });

  test("whose answer has a line over the limit is given up", () => {
    const big = defineMethod({ name: "test.big", progress: true, input: z.null(), output: z.string() });
    return serving([handle(big, async () => "x".repeat(wireLimits.lineBytes + 1))], async (path) => {
      await assert.rejects(call(path, big, null), { name: "PartFailed", message: /longer than/ });
    });
  });
});

describe("a served socket", () => {
  test("refuses callers of another version, unknown methods, other verbs, no JSON and wrong input", () =>
    serving([handle(double, async ({ n }) => ({ n }))], async (path) => {
      const status = async (...args: [string, Record<string, string>, string, string?]) =>
        (await raw(path, ...args)).status;
      assert.equal(await status("/test.double", {}, '{"n":1}'), 409);
      assert.equal(await status("/test.double", { ...spoken, "holdfast-protocol": "2" }, '{"n":1}'), 409);
      assert.equal(await status("/test.triple", spoken, '{"n":1}'), 404);
      assert.equal(await status("/__proto__", spoken, "{}"), 404);
      assert.equal(await status("/test.double", spoken, "", "GET"), 404);
      assert.equal(await status("/test.double", spoken, "{"), 400);
      assert.equal(await status("/test.double", spoken, '{"n":"1"}'), 422);
      assert.equal(await status("/test.double", spoken, '{"n":1,"more":1}'), 422);
    }));

  test("refuses a body over the limit", () =>
    serving(
      [handle(double, async ({ n }) => ({ n }))],
      async (path) =>
        assert.equal((await raw(path, "/test.double", spoken, `{"n":1}${" ".repeat(100)}`)).status, 413),
      { limits: { requestBytes: 50 } },
    ));

  test("refuses requests over the number that may be open", () =>
    serving(
      [handle(double, () => new Promise(() => undefined)), counting],
      async (path) => {
        const held = call(path, double, { n: 1 }).catch(() => undefined);
        await assert.rejects(
          async () => {
            for (;;) await call(path, count, { to: 1 });
          },
          { code: "too_many" },
        );
        void held;
      },
      { limits: { openRequests: 1 } },
    ));

  test("answers `unavailable` when a method outlives its time", () =>
    serving(
      [handle(double, () => new Promise(() => undefined))],
      (path) => assert.rejects(call(path, double, { n: 1 }), { code: "unavailable", message: /time/ }),
      { limits: { shortMethodMilliseconds: 30 } },
    ));

  test("never sends an output that its declaration does not allow", () =>
    serving([handle(double, async () => ({ n: "secret" }) as never)], async (path) => {
      await assert.rejects(call(path, double, { n: 1 }), { name: "PartFailed" });
    }));

  test("is open to its owner only, or to one group when told so", async () => {
    await serving([], async (path) => assert.equal(statSync(path).mode & 0o777, 0o600));
    await serving([], async (path) => assert.equal(statSync(path).mode & 0o777, 0o660), { mode: 0o660 });
  });

  test("replaces a socket left by a dead process but not that of a living one", async () => {
    const path = join(folder, `${++serial}.sock`);
    await serving([], async (alive) => {
      await assert.rejects(serve(alive, []), { code: "conflict" });
    });
    await leaveSocket(path);
    const server = await serve(path, [handle(double, async ({ n }) => ({ n }))]);
    assert.deepEqual(await call(path, double, { n: 1 }), { n: 1 });
    await server.close();
  });
});

/** A socket file with nobody behind it, as kill -9 leaves it. */
async function leaveSocket(path: string): Promise<void> {
  const { renameSync } = await import("node:fs");
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(`${path}.alive`, resolve));
  renameSync(`${path}.alive`, path);
  await new Promise((resolve) => listener.close(resolve));
}
