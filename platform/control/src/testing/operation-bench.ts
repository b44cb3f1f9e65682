import { baseApp } from "@holdfast/app-base/app";
import { testDatabase } from "@holdfast/framework/testing/database";
import { present } from "@holdfast/kernel/assert";
import { type Clock, systemClock } from "@holdfast/kernel/clock";
import { newId } from "@holdfast/kernel/id";
import type { LogLevel } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { panelApp } from "@holdfast/panel/app";
import { Catalog } from "@holdfast/panel/catalog";
import { Operation } from "@holdfast/panel/operation";
import { controlActor } from "../actor.ts";
import type { OperationLimits } from "../operations/limits.ts";
import { OperationRunner } from "../operations/runner.ts";
import type { OperationKind } from "../operations/step.ts";
import type { Parts } from "../parts.ts";

const waitMilliseconds = 10_000;
const ended = ["done", "failed", "cancelled"];

interface BenchOptions {
  readonly clock?: Clock;
  /** Told of every point that a step passes. */
  readonly failpoint?: (name: string) => void;
}

/** A control database of its own and a runner over it, for kinds that a test makes up. */
export async function operationBench({
  clock = systemClock,
  failpoint = () => undefined,
}: BenchOptions = {}) {
  const { data, close, statements } = await testDatabase([baseApp, panelApp({ outboxDir: null })], { clock });
  const logged: { readonly level: LogLevel; readonly message: string }[] = [];
  const nowhere = async (): Promise<never> => {
    throw new Error("this test has no agent and no tenants");
  };
  const parts: Parts = {
    data,
    tenants: { syncSchema: nowhere, schemaPlan: nowhere, open: nowhere, withData: nowhere },
    catalog: new Catalog({ outboxDir: null }),
    clock,
    random: systemRandom,
    log: (level, message) => void logged.push({ level, message }),
    urlOf: (name) => `https://${name}.localhost`,
    hostOf: (name) => `${name}.localhost`,
    agent: nowhere,
    agentBytes: { download: nowhere, upload: nowhere },
    failpoint,
    whisper: () => undefined,
  };
  const short: Partial<OperationLimits> = {
    pollMilliseconds: 10,
    firstPauseMilliseconds: 5,
    longestPauseMilliseconds: 20,
    cancelPollMilliseconds: 10,
  };
  return {
    logged,
    data,
    statements,
    actor: controlActor,
    close,
    runner: (kinds: readonly OperationKind[], limits: Partial<OperationLimits> = {}): OperationRunner =>
      new OperationRunner(parts, kinds, { ...short, ...limits }),
    /** Writes an operation down, as a request does. @returns its record id. */
    async add(kind: string, values: Record<string, unknown> = {}): Promise<number> {
      const key = newId(Date.now(), systemRandom.bytes(10));
      const operation = { key, kind, label: kind, input: {}, memory: {}, ...values };
      const [id] = await data.writing(controlActor, (env) => env.of(Operation).create([operation]));
      return present(id, "the new operation");
    },
    change: (id: number, values: Record<string, unknown>): Promise<void> =>
      data.writing(controlActor, (env) => env.of(Operation).write([id], values)),
    async read(id: number) {
      const fields = [
        "state",
        "step",
        "step_index",
        "memory",
        "result",
        "error",
        "hint",
        "irreversible",
        "progress",
      ] as const;
      const [operation] = await data
        .reading(controlActor)
        .of(Operation)
        .read([id], [...fields]);
      return present(operation, "the operation");
    },
    /** Waits until an operation is in one of these states. */
    async until(id: number, states: readonly string[] = ended) {
      const deadline = performance.now() + waitMilliseconds;
      for (;;) {
        const operation = await this.read(id);
        if (states.includes(operation.state)) return operation;
        if (performance.now() > deadline)
          throw new Error(`the operation is still ${operation.state}: ${JSON.stringify(operation)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
}
