import type { Row } from "@holdfast/framework/model/model";
import { KeyPlace } from "@holdfast/panel/key-place";
import { controlActor } from "../actor.ts";
import type { Condition, Watcher } from "./condition.ts";

const fields = ["path", "answers", "same_disk", "simulated", "create_date"] as const;
type SeenPlace = Row<typeof KeyPlace, (typeof fields)[number]>;

/** Copies of the keystore that stand where the keystore itself does. Claim ENC-5. */
export const watchKeyPlaces: Watcher = {
  name: "places of the keystore",
  codes: ["keystore.near"],
  look: async ({ data }) => {
    const places = await data.reading(controlActor).of(KeyPlace).searchRead([], fields);
    return places.flatMap(near);
  },
};

/** Also what is left when the disk of a replica is not mounted: its empty folder on the disk below. */
function near(place: SeenPlace): Condition[] {
  if (!place.same_disk || !place.answers) return [];
  return [
    {
      code: "keystore.near",
      subject: place.path.slice(0, 120),
      severity: place.simulated ? "notice" : "critical",
      sentence: place.simulated
        ? `the copy of the keystore in ${place.path} stands on the same machine and only poses as another place`
        : `the copy of the keystore in ${place.path} is on the keystore's own disk: its own is not mounted`,
      hint: place.simulated
        ? "name folders on other disks or hosts in replicas.json (docs/keys.md)"
        : "mount it; the copy is made there by itself",
      sinceMs: place.create_date.epochMilliseconds,
    },
  ];
}
