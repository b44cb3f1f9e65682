import type { Environment } from "@holdfast/framework/model/environment";
import type { Row } from "@holdfast/framework/model/model";
import type { Log } from "@holdfast/kernel/log";
import { Alarm } from "@holdfast/panel/alarm";
import { controlActor } from "../actor.ts";
import type { Condition, Watcher, WatchParts } from "./condition.ts";
import { mailAlarms } from "./mail-alarms.ts";

const fields = ["code", "subject", "severity", "sentence"] as const;
type OpenAlarm = Row<typeof Alarm, (typeof fields)[number]>;

const failedCode = "watch.failed";
const maxOpen = 100_000;
/** Alarms that are over are kept so long. */
const keptDays = 90;

/** What one look changed. */
export interface LookedOut {
  readonly raised: number;
  readonly resolved: number;
  readonly open: number;
}

/**
 * Looks at everything once: raises what is new, worsens or eases what is known, resolves what is over, and
 * mails operators what is new or has become worse. Safe to run at any time and twice; one at a time.
 *
 * A watcher that breaks is itself an alarm, and resolves nothing: what cannot be seen is not over.
 */
export async function lookOut(
  parts: WatchParts & { readonly log: Log },
  watchers: readonly Watcher[],
): Promise<LookedOut> {
  const { conditions, blind } = await allConditions(parts, watchers);
  return parts.data.writing(controlActor, async (env) => {
    const open = await env.of(Alarm).searchRead([["resolved_at", "=", false]], fields, { limit: maxOpen });
    const known = new Map(open.map((alarm) => [keyOf(alarm), alarm]));
    const raised = conditions.filter((condition) => !known.has(keyOf(condition)));
    await raise(env, raised);
    await keepTrue(env, conditions, known);
    const seen = new Set(conditions.map(keyOf));
    const over = open.filter((alarm) => !seen.has(keyOf(alarm)) && !blind.has(alarm.code));
    await env.of(Alarm).write(
      over.map(({ id }) => id),
      { resolved_at: moment(env.clock.now()) },
    );
    await mailAlarms(env);
    await forgetOld(env);
    return { raised: raised.length, resolved: over.length, open: conditions.length };
  });
}

async function allConditions(
  parts: WatchParts & { readonly log: Log },
  watchers: readonly Watcher[],
): Promise<{ conditions: Condition[]; blind: ReadonlySet<string> }> {
  const conditions: Condition[] = [];
  const blind = new Set<string>();
  for (const watcher of watchers)
    try {
      conditions.push(...(await watcher.look(parts)));
    } catch (error) {
      parts.log("error", `alarms about ${watcher.name} could not be looked for`, { error });
      for (const code of watcher.codes) blind.add(code);
      conditions.push(failedWatch(watcher, parts.clock.now()));
    }
  return { conditions, blind };
}

function failedWatch({ name }: Watcher, nowMs: number): Condition {
  return {
    code: failedCode,
    subject: name,
    severity: "critical",
    sentence: `alarms about ${name} cannot be looked for`,
    hint: "bin/holdfast logs control",
    sinceMs: nowMs,
  };
}

/** A condition that two watchers tell of is one alarm. */
async function raise(env: Environment, conditions: readonly Condition[]): Promise<void> {
  const once = [...new Map(conditions.map((condition) => [keyOf(condition), condition])).values()];
  await env.of(Alarm).create(
    once.map((condition) => ({
      code: condition.code,
      subject: condition.subject,
      severity: condition.severity,
      sentence: sentenceOf(condition),
      hint: condition.hint,
      database_id: condition.databaseId ?? null,
      customer_id: condition.customerId ?? null,
      vault: condition.vault ?? null,
      since: moment(condition.sinceMs),
    })),
  );
}

/** What is known says how it stands now. */
async function keepTrue(
  env: Environment,
  conditions: readonly Condition[],
  known: ReadonlyMap<string, OpenAlarm>,
): Promise<void> {
  const changed = new Map(
    conditions.flatMap((condition) => {
      const alarm = known.get(keyOf(condition));
      const values = { severity: condition.severity, sentence: sentenceOf(condition), hint: condition.hint };
      const same = alarm?.severity === values.severity && alarm.sentence === values.sentence;
      return alarm === undefined || same ? [] : [[alarm.id, values] as const];
    }),
  );
  await env.of(Alarm).writeEach([...changed].map(([id, values]) => ({ id, values })));
}

const sentenceOf = ({ sentence }: Condition): string => sentence.slice(0, 500);

async function forgetOld(env: Environment): Promise<void> {
  const before = moment(env.clock.now()).subtract({ hours: keptDays * 24 });
  const old = await env.of(Alarm).search([["resolved_at", "<", before.toString()]], { limit: maxOpen });
  if (old.length > 0) await env.of(Alarm).unlink(old);
}

const keyOf = ({ code, subject }: { readonly code: string; readonly subject: string }): string =>
  `${code} ${subject}`;
const moment = (ms: number): Temporal.Instant => Temporal.Instant.fromEpochMilliseconds(ms);
