import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import { keyFor } from "@holdfast/kernel/tenant-keys";
import { keysIn, openTenant } from "@holdfast/protocol/agent-methods";
import type { Claim, DatabaseInScope, ProbeContext } from "@holdfast/trust/claim";
import { keepEvidence } from "@holdfast/trust/evidence";
import { type Measured, measure } from "@holdfast/trust/measure";
import { scratchSources } from "@holdfast/trust/scratch-sources";
import { openVisitor } from "@holdfast/trust/visitor";
import type { ControlContext } from "../context.ts";
import { drillsOf } from "./drills.ts";
import { databasesOfNames, ensureCanary, measuredDatabases } from "./probe-databases.ts";

/** What a probe is pointed at when a saboteur is judged. */
export interface ScratchScope {
  readonly databases: readonly string[];
  readonly port: number | undefined;
  readonly repository: string | undefined;
}

const repository = resolve(import.meta.dirname, "../../../..");

/** Runs probes, one at a time: they share the canary, and measuring is not to be felt by customers. */
export class Measurer {
  readonly #context: ControlContext;
  readonly #claims: readonly Claim[];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(context: ControlContext, claims: readonly Claim[]) {
    this.#context = context;
    this.#claims = claims;
  }

  get claims(): readonly Claim[] {
    return this.#claims;
  }

  /** @throws ExpectedError `not_found`. */
  claim(id: string): Claim {
    const claim = this.#claims.find((one) => one.id === id);
    if (claim) return claim;
    throw new ExpectedError("not_found", `there is no claim "${id}"`, {
      hint: `known are ${this.#claims.map((one) => one.id).join(", ")}`,
    });
  }

  /** Measures the installation and keeps the evidence. */
  run(claim: Claim, signal: AbortSignal): Promise<Measured> {
    const { parts } = this.#context;
    return this.#alone(signal, async () => {
      // Before the others are listed: the canary is measured like any of them.
      const canary = await ensureCanary(this.#context, signal);
      const databases = await measuredDatabases(parts);
      const canaries = async (): Promise<DatabaseInScope[]> => [canary];
      const measured = await this.#measure(claim, {
        databases,
        canaries,
        urlOf: parts.urlOf,
        repository,
        signal,
      });
      await keepEvidence(parts.data, measured);
      parts.log("info", `claim ${claim.id}: ${measured.state}`, { summary: measured.summary });
      return measured;
    });
  }

  /** Measures scratch databases alone and keeps nothing. */
  judge(claim: Claim, scope: ScratchScope, signal: AbortSignal): Promise<Measured> {
    const { parts, config } = this.#context;
    return this.#alone(signal, async () => {
      const databases = await databasesOfNames(parts, scope.databases);
      const strange = scope.databases.find((name) => !name.startsWith("scratch-"));
      if (strange !== undefined || databases.length < scope.databases.length)
        throw new ExpectedError("invalid", "a saboteur is judged on running scratch databases alone");
      const port = scope.port ?? config.port;
      return this.#measure(claim, {
        databases,
        canaries: async () => databases,
        urlOf: (name) => `https://${parts.hostOf(name)}:${port}`,
        repository: scope.repository === undefined ? repository : scratchSources(scope.repository),
        signal,
      });
    });
  }

  async #measure(
    claim: Claim,
    scope: Pick<ProbeContext, "databases" | "canaries" | "urlOf" | "repository" | "signal">,
  ): Promise<Measured> {
    const { parts, folder } = this.#context;
    const { clock, random, log, agent, data } = parts;
    const visitor = openVisitor(readFileSync(folder.caFile, "utf8"));
    try {
      return await measure(claim, {
        ...scope,
        control: data,
        within: (database, block) => this.#within(database, scope, block),
        agent,
        drills: drillsOf(this.#context, scope.signal),
        visitor: visitor.visit,
        clock,
        random,
        log,
      });
    } finally {
      visitor.close();
    }
  }

  async #within<T>(
    database: DatabaseInScope,
    { urlOf }: Pick<ProbeContext, "urlOf">,
    block: Parameters<ProbeContext["within"]>[1],
  ): Promise<T> {
    const { parts } = this.#context;
    const { tenantId, name, apps } = database;
    const keys = keysIn(await parts.agent(openTenant, { tenantId }));
    const key = (purpose: string): Uint8Array => keyFor(keys, purpose);
    return parts.tenants.withData(tenantId, apps, (data) =>
      block({ id: tenantId, name, data, key, baseUrl: urlOf(name) }),
    ) as Promise<T>;
  }

  #alone<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
