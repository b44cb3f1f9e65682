import type { App } from "@holdfast/framework/modules/app";

/** Reads contacts without being an internal user: the company's rule and one of its own bind it. */
export const restrictedGroup = "bench.restricted";

/** What the benchmarks add to the real apps: a person whom two rules bind at once. */
export const benchApp: App = {
  name: "bench",
  label: "Benchmarks",
  version: "0.1.0",
  depends: ["base", "contacts"],
  models: [],
  groups: [{ key: restrictedGroup, label: "Benchmarks: own contacts and those of nobody" }],
  rights: [
    { group: restrictedGroup, model: "res.partner", allow: ["read", "write", "create", "delete"] },
    { group: restrictedGroup, model: "res.country", allow: ["read"] },
    { group: restrictedGroup, model: "res.users", allow: ["read"] },
  ],
  rules: [
    {
      key: "bench.partner.own",
      model: "res.partner",
      label: "Own contacts and those of nobody",
      groups: [restrictedGroup],
      condition: "user_id == actor.user_id || user_id == null",
    },
  ],
};
