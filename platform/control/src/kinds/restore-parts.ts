import { partnerModel } from "@holdfast/app-base/partner";
import { keepUnsubscribed } from "@holdfast/app-base/unsubscribed";
import { present } from "@holdfast/kernel/assert";
import { parseId } from "@holdfast/kernel/id";
import { backupIdSchema } from "@holdfast/protocol/ids";
import type { InputOf } from "@holdfast/protocol/method";
import { partsModeSchema, restorePartsOf } from "@holdfast/protocol/restore-methods";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import { operationKind, type Step, type StepContext } from "../operations/step.ts";
import { inWords, partTables, refuseDangling } from "../restorable.ts";
import { examine, refuseUnready } from "../restore-preflight.ts";
import { besideSteps, dropBeside } from "./beside.ts";
import { noteProven } from "./note-proven.ts";
import { discardSafety, safetyStep } from "./safety.ts";
import { backupSubject } from "./subject.ts";

const look = backupSubject.extend({ models: z.array(z.string()).min(1), mode: partsModeSchema });
type Look = z.output<typeof look>;

const input = look.extend({ safetyBackupId: z.number().int(), safetyKey: backupIdSchema });
type Input = z.output<typeof input>;

const check: Step<Look> = {
  name: "check that it can be done",
  run: async ({ input, parts, signal, progress }) => {
    partTables(parts.catalog.registry(input.apps), input.models);
    refuseUnready(await examine(parts, { ...input, signal, progress }));
  },
};

const proven: Step<Look> = {
  name: "note that the backup is proven",
  run: ({ input, parts }) => noteProven(parts, input.backupId),
};

/** Contacts of a backup know nothing of who wanted no mails since: they must not be mailed again for being brought back. */
const unsubscribed: Step<Look> = {
  name: "leave out what was taken away since",
  run: async ({ input: { tenantId, apps, models }, parts }) => {
    if (!models.includes(partnerModel.name)) return;
    await parts.tenants.withData(tenantId, apps, (today) =>
      parts.tenants.withData(
        tenantId,
        apps,
        (data) => data.writing(controlActor, (env) => keepUnsubscribed(env, today.reading(controlActor))),
        "beside",
      ),
    );
  },
};

/** What bringing chosen models back would change: told by the very rows. Live is only read. */
export const lookAtParts = operationKind<Look>({
  kind: "backup.look_at_parts",
  input: look,
  steps: [
    check,
    ...besideSteps,
    proven,
    unsubscribed,
    { name: "compare with the live database", run: (context) => compareWithLive(context) },
    { name: "remove the database beside", run: dropBeside },
  ],
});

/**
 * Brings chosen models' records, with what belongs to them, their messages and files, from a backup into the live
 * database: in one transaction of it, so that all else that was written since stays, and nobody sees a half. A safety
 * backup of live comes first; the same models of it, replaced, undo this. Source: claim BAK-5.
 */
export const restoreParts = operationKind<Input>({
  kind: "backup.restore_parts",
  input,
  steps: [
    { ...check, undo: discardSafety },
    safetyStep,
    ...besideSteps,
    proven,
    unsubscribed,
    {
      name: "compare with the live database",
      run: async (context) => {
        const { parts } = await compareWithLive(context);
        refuseDangling(parts);
        return { expected: parts };
      },
    },
    { name: "bring it into the live database", irreversible: true, run: (context) => bringIn(context) },
    { name: "remove the database beside", run: dropBeside },
  ],
});

function compareWithLive(context: StepContext<Look>) {
  return ask(context, { files: false });
}

function bringIn(context: StepContext<Input>) {
  const apply = present(parseId<"operation">(context.key), "the operation's key");
  return ask(context, { apply, files: true });
}

async function ask(
  { input, parts, signal, progress }: StepContext<Look>,
  how: Pick<InputOf<typeof restorePartsOf>, "apply" | "files">,
) {
  const registry = parts.catalog.registry(input.apps);
  const { tenantId, mode, models } = input;
  const found = await parts.agent(
    restorePartsOf,
    { tenantId, mode, tables: partTables(registry, models), ...how },
    { signal, onProgress: progress },
  );
  return { parts: inWords(registry, found), models, mode };
}
