import { assert } from "@holdfast/kernel/assert";
import type { Clock } from "@holdfast/kernel/clock";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import type { Actor } from "../../access/actor.ts";
import { keptGate } from "../../access/kept-gate.ts";
import type { Statements } from "../../sql/statements.ts";
import { type AsActor, recordDeletion } from "../../webhooks/record-events.ts";
import type { Environment } from "../environment.ts";
import type { Model } from "../model.ts";
import type { Registry } from "../registry.ts";
import { cascadeClosure } from "../trash/relations.ts";
import type { Triggers } from "../triggers.ts";
import type { Alone } from "./alone.ts";
import type { Changes, Context } from "./context.ts";
import { create } from "./create.ts";
import { doomedRecords } from "./doomed.ts";
import { recordsOf } from "./records.ts";
import type { UnitOfWork } from "./unit-of-work.ts";
import { unlink } from "./unlink.ts";
import { speaking } from "./violations.ts";
import { write, writeEach } from "./write.ts";

/** What all environments of one data source have in common. */
export interface Shared {
  readonly registry: Registry;
  readonly triggers: Triggers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** In what an environment works: one transaction, one request, one statement. */
export interface Session {
  readonly statements: Statements;
  readonly unit: UnitOfWork | null;
  readonly alone: Alone | null;
  afterCommit(action: () => void): void;
}

const changes: Changes = { create, write, writeEach, unlink };

/** An actor's environment in a session, and what its records work with. */
export function contextFor(shared: Shared, actor: Actor, session: Session): Context {
  const { registry, log } = shared;
  const gate = keptGate(registry, actor);
  const as: AsActor = (who) => contextFor(shared, who, session).env;
  const system = (reason: string) => contextFor(shared, { ...actor, kind: "system", reason }, session);
  const env: Environment = {
    actor,
    registry,
    clock: shared.clock,
    random: shared.random,
    of: (model) => recordsOf(context, registry.model(model.name)) as never,
    model: (name) => recordsOf(context, registry.model(name)),
    system(reason, block) {
      assert(reason.trim() !== "", "a system scope has a reason");
      log("debug", "system scope", { reason, userId: actor.userId });
      return block(system(reason).env);
    },
    afterCommit: session.afterCommit,
  };
  const context: Context = {
    env,
    registry,
    triggers: shared.triggers,
    actor,
    gate,
    // Each scope hears of broken constraints what its own actor may know: our code what it has to tell apart.
    statements: speaking(session.statements, { registry, gate }),
    log,
    unit: session.unit,
    alone: session.alone,
    changes,
    deleting: canAsk(registry) ? (model, ids) => tellOfDeletion(context, as, { model, ids }) : null,
    depth: 0,
    system,
  };
  return context;
}

/** Whether changes can be told of at all: some registries are without webhooks. */
function canAsk(registry: Registry): boolean {
  return registry.models.has("hf.webhook");
}

/** Above all rights: whoever is told of a change is judged by their own. */
export function teller(context: Context): Environment {
  return context.system("write down what webhooks are to be told").env;
}

async function tellOfDeletion(
  context: Context,
  as: AsActor,
  doomed: { readonly model: Model; readonly ids: readonly number[] },
): Promise<void> {
  if (doomed.model.name.startsWith("hf.")) return;
  const closure = [...cascadeClosure(context.registry, doomed.model)];
  await recordDeletion(teller(context), as, {
    models: closure.filter(({ name }) => !name.startsWith("hf.")),
    // Only asked for when somebody wants to know of what goes along.
    find: async (along) =>
      along ? doomedRecords(context, doomed.model, doomed.ids) : new Map([[doomed.model, doomed.ids]]),
  });
}
