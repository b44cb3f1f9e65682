import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ExpectedError } from "@holdfast/kernel/errors";
import { listVaults } from "@holdfast/protocol/agent-methods";
import { call } from "@holdfast/protocol/call";
import { z } from "zod";
import { operationBench } from "../testing/operation-bench.ts";
import type { OperationRunner } from "./runner.ts";
import { type OperationKind, operationKind, type Step } from "./step.ts";

let bench: Awaited<ReturnType<typeof operationBench>>;
/** What the steps of the running test did, in order. */
let trace: string[] = [];

before(async () => {
  bench = await operationBench();
});
after(() => bench.close());

/** A step that notes what it does, then does what the test wants. */
function step(name: string, rest: Partial<Step<unknown>> = {}): Step<unknown> {
  return {
    name,
    ...rest,
    run: async (context): Promise<Readonly<Record<string, unknown>>> => {
      trace.push(name);
      return (await rest.run?.(context)) ?? {};
    },
    undo: async (context) => {
      trace.push(`undo ${name}`);
      await rest.undo?.(context);
    },
  };
}

const fails = (code: "conflict" | "unavailable") => async () => {
  throw new ExpectedError(code, "it cannot be", { hint: "do this" });
};
const forEver = ({ signal }: { readonly signal: AbortSignal }): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

let serial = 0;
const kindOf = (...steps: Step<unknown>[]): OperationKind =>
  operationKind({ kind: `test.${++serial}`, input: z.unknown(), steps });

async function running(runner: OperationRunner, work: () => Promise<void>): Promise<void> {
  trace = [];
  runner.start();
  try {
    await work();
  } finally {
    await runner.stop();
  }
}

describe("an operation", () => {
  test("runs its steps in order, hands each what the earlier ones returned, and ends with all of it", async () => {
    let seen: unknown;
    const kind = kindOf(
      step("one", { run: async () => ({ a: 1 }) }),
      step("two", { run: async () => ({ b: 2 }) }),
      step("three", { run: async ({ memory }) => void (seen = memory) }),
    );
    await running(bench.runner([kind]), async () => {
      const ended = await bench.until(await bench.add(kind.kind));
      assert.deepEqual(trace, ["one", "two", "three"]);
      assert.deepEqual(seen, { a: 1, b: 2 });
      assert.deepEqual([ended.state, ended.result, ended.error], ["done", { a: 1, b: 2 }, null]);
    });
  });

  test("whose step fails is undone from that step backwards and says why", async () => {
    const kind = kindOf(step("one"), step("two", { run: fails("conflict") }), step("three"));
    await running(bench.runner([kind]), async () => {
      const ended = await bench.until(await bench.add(kind.kind));
      assert.deepEqual(trace, ["one", "two", "undo two", "undo one"]);
      assert.deepEqual([ended.state, ended.error, ended.hint], ["failed", "it cannot be", "do this"]);
    });
  });

  test("that meets a defect tells a person where to look, not what it was", async () => {
    const kind = kindOf(step("one", { run: () => Promise.reject<void>(new TypeError("secret")) }));
    await running(bench.runner([kind]), async () => {
      const ended = await bench.until(await bench.add(kind.kind));
      assert.match(ended.error ?? "", /a defect of ours/);
      assert.doesNotMatch(`${ended.error} ${ended.hint}`, /secret/);
    });
  });

  test("tries a step again that finds something unavailable, at most five times; any other failure is final", async () => {
    const kind = kindOf(step("one", { run: fails("unavailable") }));
    await running(bench.runner([kind]), async () => {
      const ended = await bench.until(await bench.add(kind.kind));
      assert.deepEqual(trace, [...Array(5).fill("one"), "undo one"]);
      assert.equal(ended.state, "failed");
    });
  });

  test("waits for a part that is not there for longer than five tries, but not for ever", async () => {
    const nobody = () => call("/nonexistent/agent.sock", listVaults, {}).then(() => undefined);
    const kind = kindOf(step("one", { run: nobody }));
    await running(bench.runner([kind], { awayMilliseconds: 400 }), async () => {
      const ended = await bench.until(await bench.add(kind.kind));
      assert.ok(trace.length > 6, `${trace.length} tries`);
      assert.match(ended.error ?? "", /nothing listens/);
    });
  });

  test("that was cut off takes up the step that was not committed, with the memory of the earlier ones", async () => {
    const kind = kindOf(
      step("one"),
      step("two", { run: async ({ memory }) => ({ found: memory["a"] }) }),
      step("three"),
    );
    const id = await bench.add(kind.kind, { state: "running", step_index: 1, memory: { a: 7 } });
    await running(bench.runner([kind]), async () => {
      assert.deepEqual((await bench.until(id)).result, { a: 7, found: 7 });
      assert.deepEqual(trace, ["two", "three"]);
    });
  });

  test("that was cut off while it was undone goes on undoing", async () => {
    const kind = kindOf(step("one"), step("two"), step("three"));
    const id = await bench.add(kind.kind, { state: "undoing", step_index: 2, error: "it cannot be" });
    await running(bench.runner([kind]), async () => {
      const ended = await bench.until(id);
      assert.deepEqual(trace, ["undo two", "undo one"]);
      assert.deepEqual([ended.state, ended.error], ["failed", "it cannot be"]);
    });
  });

  test("whose undo fails is undone later, not left", async () => {
    let faults = 3;
    const undo = async (): Promise<void> => {
      if (faults-- > 0) throw new ExpectedError("conflict", "not now");
    };
    const kind = kindOf(step("one"), step("two", { run: fails("conflict"), undo }));
    await running(bench.runner([kind]), async () => {
      assert.equal((await bench.until(await bench.add(kind.kind))).state, "failed");
      assert.deepEqual(trace, ["one", "two", "undo two", "undo two", "undo two", "undo two", "undo one"]);
    });
  });

  test("shows no progress once its step has ended", async () => {
    const kind = kindOf(
      step("one", {
        run: async ({ progress }) => {
          for (let done = 0; done < 50; done++) progress({ step: "counting", done, total: 50, unit: "rows" });
        },
      }),
    );
    await running(bench.runner([kind], { keepProgressMilliseconds: 0 }), async () => {
      assert.equal((await bench.until(await bench.add(kind.kind))).progress, null);
    });
  });
});

describe("cancelling", () => {
  test("before it began undoes the first step, whose undo is safe when it never ran", async () => {
    const kind = kindOf(step("one"), step("two"));
    const id = await bench.add(kind.kind, { cancel_requested: true });
    await running(bench.runner([kind]), async () => {
      assert.equal((await bench.until(id)).state, "cancelled");
      assert.deepEqual(trace, ["undo one"]);
    });
  });

  test("stops a long step and undoes all", async () => {
    const kind = kindOf(step("one"), step("two", { run: forEver }), step("three"));
    await running(bench.runner([kind]), async () => {
      const id = await bench.add(kind.kind);
      while (!trace.includes("two")) await bench.read(id);
      await bench.change(id, { cancel_requested: true });
      const ended = await bench.until(id);
      assert.deepEqual(trace, ["one", "two", "undo two", "undo one"]);
      assert.deepEqual([ended.state, ended.error], ["cancelled", "the operation was cancelled"]);
    });
  });

  test("does not wait for the pause between two tries", async () => {
    const kind = kindOf(step("one", { run: fails("unavailable") }));
    const limits = { firstPauseMilliseconds: 60_000, longestPauseMilliseconds: 60_000 };
    await running(bench.runner([kind], limits), async () => {
      const id = await bench.add(kind.kind);
      while (!trace.includes("one")) await bench.read(id);
      await bench.change(id, { cancel_requested: true });
      assert.equal((await bench.until(id)).state, "cancelled");
    });
  });
});

describe("an irreversible step", () => {
  test("that fails is tried again until it is through; nothing is undone", async () => {
    let faults = 3;
    const run = async (): Promise<void> => {
      if (faults-- > 0) throw new ExpectedError("conflict", "not now", { hint: "look" });
    };
    const kind = kindOf(step("one"), step("two", { irreversible: true, run }), step("three"));
    await running(bench.runner([kind]), async () => {
      const ended = await bench.until(await bench.add(kind.kind));
      assert.deepEqual(trace, ["one", "two", "two", "two", "two", "three"]);
      assert.deepEqual([ended.state, ended.error, ended.irreversible], ["done", null, true]);
    });
  });

  test("tells what holds it while it is tried", async () => {
    const kind = kindOf(step("one", { irreversible: true, run: fails("conflict") }));
    await running(bench.runner([kind]), async () => {
      const id = await bench.add(kind.kind);
      while ((await bench.read(id)).error === null) await bench.read(id);
      const { state, error, hint } = await bench.read(id);
      assert.deepEqual([state, error, hint], ["running", "it cannot be", "do this"]);
    });
  });

  test("cannot be cancelled, nor what comes after it; before it the wish holds", async () => {
    const late = step("two", { run: async () => void (await bench.change(id, { cancel_requested: true })) });
    const kind = kindOf(step("one", { irreversible: true }), late, step("three"));
    const id = await bench.add(kind.kind);
    const early = kindOf(step("one"), step("two", { irreversible: true }));
    await running(bench.runner([kind]), async () => {
      assert.equal((await bench.until(id)).state, "done");
      assert.deepEqual(trace, ["one", "two", "three"]);
    });
    const other = await bench.add(early.kind, { state: "running", step_index: 1, cancel_requested: true });
    await running(bench.runner([early]), async () => {
      assert.equal((await bench.until(other)).state, "cancelled");
      assert.deepEqual(trace, ["undo two", "undo one"]);
    });
  });
});

describe("the runner", () => {
  test("leaves operations of an unknown kind alone, says so once, and goes on with the others", async () => {
    const kind = kindOf(step("one"));
    const foreign = await bench.add("test.unknown");
    await running(bench.runner([kind]), async () => {
      await bench.until(await bench.add(kind.kind));
      await bench.until(await bench.add(kind.kind));
      const told = bench.logged.filter(({ message }) => message.includes('"test.unknown"'));
      assert.deepEqual([(await bench.read(foreign)).state, told.length], ["pending", 1]);
    });
  });

  test("that stops in the middle of a step leaves the operation to the next one", async () => {
    const kind = kindOf(step("one"), step("two", { run: forEver }));
    const id = await bench.add(kind.kind);
    await running(bench.runner([kind]), async () => {
      while (!trace.includes("two")) await bench.read(id);
    });
    const left = await bench.read(id);
    assert.deepEqual([left.state, left.step_index, left.error], ["running", 1, null]);
    const same = operationKind({ ...kind, steps: [step("one"), step("two")] });
    await running(bench.runner([same]), async () => {
      assert.equal((await bench.until(id)).state, "done");
      assert.deepEqual(trace, ["two"]);
    });
  });

  test("that stops does not wait for the pause between two tries, and fails nothing", async () => {
    const kind = kindOf(step("one", { run: fails("unavailable") }));
    const id = await bench.add(kind.kind);
    await running(
      bench.runner([kind], { firstPauseMilliseconds: 60_000, longestPauseMilliseconds: 60_000 }),
      async () => {
        while (!trace.includes("one")) await bench.read(id);
      },
    );
    assert.equal((await bench.read(id)).state, "running");
    await bench.change(id, { state: "failed" });
  });

  test("works on at most so many at once, and on one database one after the other", async () => {
    const databaseId = await aDatabase();
    let [now, most] = [0, 0];
    const kind = kindOf(
      step("one", {
        run: async () => {
          most = Math.max(most, ++now);
          await new Promise((resolve) => setTimeout(resolve, 30));
          now--;
        },
      }),
    );
    await running(bench.runner([kind], { running: 3 }), async () => {
      const free = await Promise.all(Array.from({ length: 8 }, () => bench.add(kind.kind)));
      for (const id of free) await bench.until(id);
      assert.equal(most, 3);
      most = 0;
      const same = await Promise.all(
        Array.from({ length: 4 }, () => bench.add(kind.kind, { database_id: databaseId })),
      );
      for (const id of same) await bench.until(id);
      assert.equal(most, 1);
    });
  });

  test("does not let operations that wait for a better time hold up the others", async () => {
    const stuck = kindOf(step("one", { irreversible: true, run: fails("conflict") }));
    const kind = kindOf(step("two"));
    const limits = { running: 2, firstPauseMilliseconds: 60_000, longestPauseMilliseconds: 60_000 };
    const ids = [await bench.add(stuck.kind), await bench.add(stuck.kind), await bench.add(stuck.kind)];
    await running(bench.runner([stuck, kind], limits), async () => {
      assert.equal((await bench.until(await bench.add(kind.kind))).state, "done");
    });
    for (const id of ids) await bench.change(id, { state: "failed" });
  });
});

async function aDatabase(): Promise<number> {
  const customer = { name: "acme", email: "a@acme.example" };
  return bench.data.writing(bench.actor, async (env) => {
    const [customerId] = await env.model("platform.customer").create([customer]);
    const database = { name: "acme", tenant_id: "t", customer_id: customerId, apps: [] };
    const [id] = await env.model("platform.database").create([database]);
    return id ?? 0;
  });
}
