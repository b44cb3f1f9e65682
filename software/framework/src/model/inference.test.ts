import { defineModel } from "./model.ts";
import { text, many2one, selection, one2many } from "./field.ts";
import type { Environment } from "./environment.ts";
const P = defineModel({ name: "res.partner", label: "Contact", displayName: "name", order: "name", fields: { name: text({ label: "Name", required: true }), city: text({label:"City"}), parent_id: many2one("res.partner", { label: "Parent" }), state: selection([["a","A"],["b","B"]], {label:"S", required: true, default:"a"}), kids: one2many("res.partner","parent_id",{label:"K"}) } });
// @ts-expect-error misspelt
text({ label: "x", requird: true });
// @ts-expect-error unknown
defineModel({ name: "res.partner", label: "Contact", displayName: "nam", order: "name", fields: { name: text({ label: "Name", required: true }) }});
// @ts-expect-error bad default
selection([["a","A"],["b","B"]], {label:"S", required: true, default:"c"});
export async function f(env: Environment) {
  const rows = await env.of(P).searchRead([["name", "=", "x"]], ["name", "city", "parent_id", "state", "create_date", "kids"]);
  const n: string = rows[0]!.name; const c: string | null = rows[0]!.city; const r = rows[0]!.parent_id?.displayName; const s: "a"|"b" = rows[0]!.state;
  // @ts-expect-error nullable
  const c2: string = rows[0]!.city;
  await env.of(P).create([{ name: "x", parent_id: 3, state: "b", kids: [[6, 0, [1]]] }]);
  // @ts-expect-error unknown
  await env.of(P).create([{ nome: "x" }]);
  return [n, c, c2, r, s, rows[0]!.create_date.epochMilliseconds, rows[0]!.kids.length];
}
