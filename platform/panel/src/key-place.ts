import { boolean, datetime, integer, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";

/**
 * A place that holds a copy of the keystore, as the agent last found it: no key, only whether the place answers and
 * whether it stands apart. Where all copies are lost nobody opens anything; where one cannot be reached nobody is
 * shredded. Source: claim ENC-5.
 */
export const KeyPlace = defineModel({
  name: "platform.key.place",
  label: "Copy of the keystore",
  displayName: "path",
  order: "path",
  fields: {
    path: text({ label: "Folder", required: true, unique: true, maxLength: 500, readonly: true }),
    answers: boolean({ label: "Answers", default: true, readonly: true }),
    /** On the disk that the keystore itself is on: what takes the one takes the other. */
    same_disk: boolean({ label: "On the keystore's own disk", default: false, readonly: true }),
    /** Made by itself beside the keystore; it poses as another place until replicas.json names others. */
    simulated: boolean({ label: "Simulated", default: false, readonly: true }),
    records: integer({ label: "Records", readonly: true }),
    last_seen_at: datetime({ label: "Last seen", readonly: true }),
  },
});

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "platform.key.place": typeof KeyPlace;
  }
}
