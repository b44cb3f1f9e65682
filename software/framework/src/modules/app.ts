import type { AccessRight, Group, RecordRule } from "../access/policy.ts";
import type { Route } from "../http/route.ts";
import type { Environment } from "../model/environment.ts";
import type { Model, ModelExtension } from "../model/model.ts";
import type { FormView, ListView, MenuItem } from "../views/view.ts";
import type { Migration } from "./migration.ts";

/** What an app declares. Data and functions; no I/O at import. */
export interface App {
  readonly name: string;
  readonly label: string;
  readonly version: string;
  /** Names of apps that must be there first. */
  readonly depends: readonly string[];
  readonly models: readonly Model[];
  readonly extensions?: readonly ModelExtension[];
  readonly groups?: readonly Group[];
  readonly rights?: readonly AccessRight[];
  readonly rules?: readonly RecordRule[];
  readonly lists?: readonly ListView[];
  readonly forms?: readonly FormView[];
  readonly menus?: readonly MenuItem[];
  readonly routes?: readonly Route[];
  /** Changes that lose or move data, from 1 on; see {@link Migration}. */
  readonly migrations?: readonly Migration[];
  /** Base data (groups, currencies, countries); runs at every schema sync, so safe to run twice. */
  install?(env: Environment): Promise<void>;
  /** Data to play with; safe to run twice. */
  demo?(env: Environment): Promise<void>;
  /** Makes a copy harmless before anyone can reach it (claim BAK-5): blank secrets, stop schedules. */
  neutralize?(env: Environment): Promise<void>;
  /**
   * Before a restored database takes the live one's place: what was taken away since the backup stays away.
   *
   * @param today - the live database as it is now; null when it cannot be opened.
   */
  restored?(env: Environment, today: Environment | null): Promise<void>;
}
