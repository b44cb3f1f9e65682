import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "@holdfast/kernel/clock";
import { deleteCustomer, listCustomers, listOperations } from "@holdfast/protocol/control-methods";
import { compareCatalogs } from "../../alarms/compare-catalogs.ts";
import type { Condition } from "../../alarms/condition.ts";
import { keepKeystoreLook } from "../../alarms/look-at-keystore.ts";
import { keepVaultLooks } from "../../alarms/look-at-vaults.ts";
import { watchers } from "../../alarms/watchers.ts";
import { scheduleCatchUp } from "../../catch-up.ts";
import type { Parts } from "../../parts.ts";
import { makeBase, name } from "../fault-case.ts";
import { Installation } from "../installation.ts";
import { withControlData } from "../open-data.ts";
import type { Inventory } from "./inventory.ts";
import { Judge } from "./judge.ts";
import { lottery } from "./lottery.ts";
import { type Allowed, judge, type Verdict } from "./verdict.ts";

const settleMilliseconds = 60_000;
const healMilliseconds = 600_000;
const mostHealed = 20;
const none: Verdict = { lostRows: 0, doubleWriters: 0, halfMade: 0, lostBackups: 0, findings: [] };

/** What faults are done to: an installation with a customer, and the judge. Gathers what the judge finds. */
export class Stage {
  /** The luck of the fault that runs. */
  random: () => number = lottery(0);
  readonly #options: { readonly within?: string | undefined };
  /** What undisturbed operations leave, by kind; the same as long as the installation is. */
  readonly expected = new Map<string, unknown>();
  #installation: Installation | undefined;
  #judge: Judge | undefined;
  #found: Verdict = none;
  #hasEnded = false;
  #setting: Promise<void> = Promise.resolve();

  constructor(options: { readonly within?: string } = {}) {
    this.#options = options;
  }

  get installation(): Installation {
    if (!this.#installation) throw new Error("the stage is not set");
    return this.#installation;
  }

  /** Makes the installation when there is none; what an earlier fault's story left on purpose goes. */
  set(): Promise<void> {
    this.#setting = this.#set();
    return this.#setting;
  }

  async #set(): Promise<void> {
    if (this.#hasEnded) throw new Error("the run was ended");
    if (this.#installation) return this.#clear(this.#installation);
    this.#installation = await Installation.start(this.#options.within);
    if (this.#hasEnded) return;
    this.#judge = new Judge(this.#installation.folder);
    await this.dress(this.#installation);
    await makeBase(this.#installation);
  }

  /** What a scenery adds to the installation, and takes away before that is removed. */
  protected async dress(_installation: Installation): Promise<void> {}
  protected async undress(_installation: Installation): Promise<void> {}

  async #clear(installation: Installation): Promise<void> {
    const { customers } = await installation.askControl(listCustomers, {});
    if (customers.some((customer) => customer.name === name))
      await installation.askControl(deleteCustomer, { name });
  }

  /** Takes it down: the next fault gets a fresh one. */
  async strike(): Promise<void> {
    const installation = this.#installation;
    this.#judge?.close();
    this.#installation = undefined;
    this.expected.clear();
    try {
      if (installation) await this.undress(installation);
    } finally {
      await installation?.remove();
    }
  }

  /** Takes it down for good; one that is being set up goes as soon as it stands. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#setting.catch(() => undefined);
    await this.strike();
  }

  look(): Promise<Inventory> {
    if (!this.#judge) throw new Error("the stage is not set");
    return this.#judge.look();
  }

  /** Lets the judge compare with a former look; a job that was cancelled may take a moment to end. */
  async judge(before: Inventory, allowed: Allowed = {}): Promise<Inventory> {
    const deadline = performance.now() + settleMilliseconds;
    for (;;) {
      const after = await this.look();
      const verdict = judge(before, after, allowed);
      if (verdict.findings.length > 0 && performance.now() < deadline) {
        await wait(200);
        continue;
      }
      this.#found = sum(this.#found, verdict);
      return after;
    }
  }

  /** What the judge has found since the last time this was asked. */
  verdict(): Verdict {
    const found = this.#found;
    this.#found = none;
    return found;
  }

  /**
   * Lets control's own schedule copy what is damaged or missing until it finds nothing more to do: as on every day,
   * nobody asks for it.
   */
  async healBySchedule(): Promise<void> {
    const { installation } = this;
    const agent: Parts["agent"] = (method, input, options) => installation.askAgent(method, input, options);
    for (let round = 1; ; round++) {
      // What was tried in the last ten minutes waits: each round is an hour later.
      const clock = { now: () => Date.now() + round * 3_600_000 };
      const asked = await withControlData(installation, (data) => scheduleCatchUp({ data, agent, clock }));
      if (asked === 0) return;
      if (round > mostHealed) throw new Error(`the schedule heals on and on: ${round} times`);
      await this.untilIdle();
    }
  }

  /** Waits until no operation is open. */
  async untilIdle(): Promise<void> {
    for (const deadline = performance.now() + healMilliseconds; ; await wait(50)) {
      if (await this.isIdle()) return;
      if (performance.now() > deadline) throw new Error("what was asked for did not end");
    }
  }

  async isIdle(): Promise<boolean> {
    const { operations } = await this.installation.askControl(listOperations, { limit: 50 });
    return operations.every(({ endedAt }) => endedAt !== null);
  }

  /** What would be alarmed at, so much later, if nothing else happened: asked of the very watchers of control. */
  alarmsIn(hours: number): Promise<readonly Condition[]> {
    return alarmsOf(this.installation, hours);
  }
}

function alarmsOf(installation: Installation, hours: number): Promise<readonly Condition[]> {
  const agent: Parts["agent"] = (method, input, options) => installation.askAgent(method, input, options);
  return withControlData(installation, async (data) => {
    await keepVaultLooks({ data, agent });
    await keepKeystoreLook({ data, agent }, 60);
    await compareCatalogs({ data, agent, clock: systemClock }, { evenIfFresh: true });
    const clock = { now: () => Date.now() + hours * 3_600_000 };
    const found: Condition[] = [];
    for (const watcher of watchers) found.push(...(await watcher.look({ data, clock })));
    return found;
  });
}

function sum(one: Verdict, other: Verdict): Verdict {
  return {
    lostRows: one.lostRows + other.lostRows,
    doubleWriters: one.doubleWriters + other.doubleWriters,
    halfMade: one.halfMade + other.halfMade,
    lostBackups: one.lostBackups + other.lostBackups,
    findings: [...one.findings, ...other.findings],
  };
}
