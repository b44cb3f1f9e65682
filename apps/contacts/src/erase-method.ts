import type { ModelExtension } from "@holdfast/framework/model/model";
import { remoteMethod } from "@holdfast/framework/model/model";
import { noInput } from "@holdfast/framework/modules/input";
import { oneChosen } from "@holdfast/framework/modules/one-chosen";

/** The way from a contact to the page on which an administrator erases the person; changes nothing by itself. */
export const eraseMethod: ModelExtension = {
  model: "res.partner",
  methods: {
    action_erase: remoteMethod({
      label: "Erase this person",
      on: "records",
      effect: "read",
      input: noInput,
      async run(env, ids) {
        const id = oneChosen(ids, "one contact");
        await env.model("res.partner").read([id], ["id"]);
        return { type: "url", url: `/contacts/${id}/erase` };
      },
    }),
  },
};
