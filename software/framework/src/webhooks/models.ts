import { boolean, datetime, integer, json, longText, many2one, selection, text } from "../model/field.ts";
import { defineModel, type Model } from "../model/model.ts";
import { deliveryMethods, webhookMethods } from "./methods.ts";
import { targetProblem } from "./target.ts";

/** Which changes of which records are told to which address, with the rights of the hook's owner. */
export const webhookModel = defineModel({
  name: "hf.webhook",
  label: "Webhook",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true }),
    url: text({
      label: "Address",
      required: true,
      maxLength: 1_024,
      help: "https only. Addresses inside a private network are refused when the connection is made.",
    }),
    /** Whose rights decide what is told; whoever made it. */
    user_id: many2one("res.users", {
      label: "Owner",
      required: true,
      readonly: true,
      onDelete: "cascade",
      copy: false,
      default: ({ userId }) => userId ?? 0,
    }),
    res_model: text({
      label: "Model",
      required: true,
      index: true,
      maxLength: 128,
      help: "As in the API: res.partner",
    }),
    on_create: boolean({ label: "When records are created", default: true }),
    on_write: boolean({ label: "When records are changed", default: true }),
    on_unlink: boolean({ label: "When records are deleted", default: true }),
    field_names: longText({
      label: "Only these fields",
      help: "Names as in the API, one a line. Empty: all that the owner may read.",
    }),
    state: selection(
      [
        ["off", "Off"],
        ["on", "On"],
      ],
      { label: "State", required: true, readonly: true, default: "off", copy: false },
    ),
    /** Standard Webhooks: `whsec_` and 32 random bytes. Shown when it is made, never again. */
    secret: text({ label: "Signing secret", secret: true, copy: false, maxLength: 64 }),
    last_failure: text({ label: "Last failure", readonly: true, copy: false, maxLength: 512 }),
  },
  checks: [
    { fields: ["url"], violation: ({ url }) => targetProblem(String(url)) },
    {
      fields: ["res_model"],
      violation: ({ res_model }) =>
        /^hf\./.test(String(res_model)) || !/^[a-z][a-z0-9_.]{0,127}$/.test(String(res_model))
          ? `Changes of "${String(res_model)}" cannot be told: wanted is a model such as res.partner.`
          : undefined,
    },
  ],
  methods: webhookMethods,
});

/** One message to one address: written in the transaction of the change, sent after, tried again, listed when given up. */
export const deliveryModel = defineModel({
  name: "hf.webhook.delivery",
  label: "Webhook message",
  displayName: "event",
  order: "id desc",
  fields: {
    hook_id: many2one("hf.webhook", {
      label: "Webhook",
      required: true,
      readonly: true,
      onDelete: "cascade",
      index: true,
    }),
    /** `res.partner.created`. */
    event: text({ label: "Event", required: true, readonly: true, maxLength: 160 }),
    /** The same at every attempt: receivers know a repetition by it. */
    message_id: text({ label: "Message id", required: true, readonly: true, unique: true, maxLength: 64 }),
    /** What the owner could read at that moment: nobody else gets to see it. */
    body: json({ label: "Content", secret: true }),
    state: selection(
      [
        ["waiting", "Waiting"],
        ["sending", "Being sent"],
        ["sent", "Sent"],
        ["dead", "Given up"],
        ["held", "Held back"],
      ],
      { label: "State", required: true, readonly: true, default: "waiting", index: true },
    ),
    attempts: integer({ label: "Attempts", required: true, readonly: true, default: 0 }),
    next_attempt: datetime({ label: "Next attempt", required: true, readonly: true, index: true }),
    lease_until: datetime({ label: "Leased until", readonly: true }),
    lease: text({ label: "Lease", secret: true, maxLength: 36 }),
    sent_at: datetime({ label: "Sent", readonly: true }),
    status: integer({ label: "Answer", readonly: true, help: "HTTP status of the last answer" }),
    failure: text({ label: "Last failure", readonly: true, maxLength: 512 }),
  },
  methods: deliveryMethods,
});

/** Models that webhooks own; `base` lists them among its own. */
export const webhookModels: readonly Model[] = [webhookModel, deliveryModel];

declare module "../model/domain-type.ts" {
  interface ModelTypes {
    readonly "hf.webhook": typeof webhookModel;
    readonly "hf.webhook.delivery": typeof deliveryModel;
  }
}
