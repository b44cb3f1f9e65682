import { type Actor, publicActor } from "@holdfast/framework/access/actor";

/** The control process at work on its own database: it decides for the whole fleet. Never made from a request. */
export const controlActor: Actor = {
  ...publicActor,
  kind: "system",
  groups: new Set(),
  reason: "control process",
};
