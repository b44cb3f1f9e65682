import { Database } from "@holdfast/panel/database";
import { dropFormer, keepUndone, swapBack } from "@holdfast/protocol/restore-methods";
import { controlActor } from "../actor.ts";
import { operationKind } from "../operations/step.ts";
import { formerKeptMs } from "../restore-times.ts";
import { type BareSubject, bareSubject, type DatabaseSubject, databaseSubject } from "./subject.ts";

/** Puts back what the last restore replaced, and keeps what is live now in its place for as long again. */
export const undoRestore = operationKind<DatabaseSubject>({
  kind: "restore.undo",
  input: databaseSubject,
  steps: [
    {
      name: "swap the databases back",
      irreversible: true,
      run: async ({ input, parts }) => void (await parts.agent(swapBack, { tenantId: input.tenantId })),
    },
    {
      name: "keep what was undone",
      run: async ({ input, parts }) => void (await parts.agent(keepUndone, { tenantId: input.tenantId })),
    },
    {
      name: "note the undoing",
      run: async ({ input, parts }) => {
        const now = Temporal.Instant.fromEpochMilliseconds(parts.clock.now());
        const until = now.add({ milliseconds: formerKeptMs });
        await parts.data.writing(controlActor, (env) =>
          env
            .of(Database)
            .write([input.databaseId], { restored_at: now, restored_key: null, former_until: until }),
        );
        return { undoUntil: until.toString() };
      },
    },
  ],
});

/** Removes what a restore replaced, when its time is over. */
export const forgetFormer = operationKind<BareSubject>({
  kind: "restore.forget",
  input: bareSubject,
  steps: [
    {
      name: "note that nothing can be undone",
      irreversible: true,
      run: ({ input, parts }) =>
        parts.data.writing(controlActor, (env) =>
          env.of(Database).write([input.databaseId], { former_until: null }),
        ),
    },
    {
      name: "remove the former database",
      run: async ({ input, parts }) => void (await parts.agent(dropFormer, { tenantId: input.tenantId })),
    },
  ],
});
