import type { Watcher } from "./condition.ts";
import { watchBackups, watchTries } from "./watch-backups.ts";
import { watchCatalogs } from "./watch-catalogs.ts";
import { watchCopies } from "./watch-copies.ts";
import { watchKeyPlaces } from "./watch-key-places.ts";
import { watchErasures, watchKeystore } from "./watch-keystore.ts";
import { watchProofs } from "./watch-proofs.ts";
import { watchRecovery } from "./watch-recovery.ts";
import { watchRounds } from "./watch-rounds.ts";
import { watchVaults } from "./watch-vaults.ts";

/** Everything that is looked out for; a new pair of eyes is one entry. */
export const watchers: readonly Watcher[] = [
  watchBackups,
  watchTries,
  watchProofs,
  watchCopies,
  watchCatalogs,
  watchVaults,
  watchKeystore,
  watchErasures,
  watchKeyPlaces,
  watchRecovery,
  watchRounds,
];
