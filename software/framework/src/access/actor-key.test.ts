import assert from "node:assert/strict";
import { test } from "node:test";
import { type Actor, publicActor } from "./actor.ts";
import { actorKey } from "./actor-key.ts";

const ann: Actor = {
  ...publicActor,
  kind: "user",
  userId: 7,
  partnerId: 9,
  groups: new Set(["base.user", "sales.user"]),
  companyIds: [1, 2],
};

test("the same person with the same rights has the same key, in whatever order the groups come", () => {
  assert.equal(actorKey({ ...ann, groups: new Set(["sales.user", "base.user"]) }), actorKey(ann));
  assert.equal(actorKey({ ...ann, reason: "only for the log" }), actorKey(ann));
});

test("whatever differs gives another key, also what nobody thought of yet", () => {
  const others: readonly Partial<Actor>[] = [
    { kind: "system" },
    { userId: null },
    { userId: 8 },
    { partnerId: 7 },
    { recordId: 9 },
    { groups: new Set(["base.user"]) },
    { groups: new Set(["base.user,sales.user"]) },
    { groups: new Set([`base.user","sales.user`]) },
    { companyIds: [2, 1] },
    { companyIds: [12] },
    { companyIds: [] },
    { language: "de" },
    { timeZone: "Europe/Riga" },
    { confirmedAtMs: 5 },
    { added: { version: "1", rights: [], rules: [] } },
    { added: { version: "2", rights: [], rules: [] } },
    { scope: { readOnly: true, models: null } },
    { scope: { readOnly: false, models: null } },
    { scope: { readOnly: false, models: new Set() } },
    { scope: { readOnly: false, models: new Set(["res.partner"]) } },
    { addedLater: { deep: new Set([1]) } } as never,
    { addedLater: { deep: new Set([2]) } } as never,
  ];
  const keys = [ann, ...others.map((other) => ({ ...ann, ...other }))].map(actorKey);
  assert.equal(new Set(keys).size, keys.length);
});
