import type { TenantId } from "@holdfast/kernel/id";
import type { Clusters } from "./cluster-hands.ts";
import type { DoorHands } from "./door-hands.ts";
import type { ScratchServer } from "./scratch-server.ts";
import type { Patch } from "./source-copy.ts";
import type { VaultHands } from "./vault-hands.ts";

/** What a probe is pointed at while its saboteur is judged. */
export interface Scope {
  /** Names of scratch databases; nothing else is measured. */
  readonly databases: readonly string[];
  /** Port of a scratch server, for what is seen over HTTPS; absent: the installation's own server. */
  readonly port?: number;
  /** Root of a weakened copy of the sources, for what is read and run there; absent: the installation's own. */
  readonly repository?: string;
}

/** One way to break the real thing. */
export interface Sabotage {
  /** As the trust page tells it: "one byte changed in one vault". */
  readonly breaks: string;
  /** True when what is broken stands apart from the intact scene (a server of its own), so that nothing is to be mended. */
  readonly apart?: true;
  /**
   * Breaks it, in the scratch alone.
   *
   * @returns how to mend it (runs in any case), and the scope when it differs from the intact one.
   * @throws when it could not be broken: a saboteur that changes nothing proves nothing.
   */
  spoil(): Promise<{ repair(): Promise<void>; readonly scope?: Scope }>;
}

/** The scene that a saboteur has set: intact, so that the probe passes before anything is broken. */
export interface SetScene {
  readonly scope: Scope;
  readonly sabotages: readonly Sabotage[];
}

/** Breaks what one claim promises, to see that its probe notices. */
export interface Saboteur {
  /** The id of the promise: `BAK-2`. */
  readonly claim: string;
  set(scene: Scene): Promise<SetScene>;
}

/** A database made for saboteurs: deleted at the end of the run, or swept at the next. */
export interface ScratchDatabase {
  readonly name: string;
  readonly tenantId: TenantId;
}

/** What saboteurs work with: hands that neither control nor any server has. */
export interface Scene {
  /** The same two scratch databases for all saboteurs of a run; made when first asked for. */
  scratch(which: "first" | "second"): Promise<ScratchDatabase>;
  /** A stored backup of a scratch database, new. @returns its id. */
  backUp(database: ScratchDatabase): Promise<string>;
  readonly clusters: Clusters;
  /** PostgreSQL's name of the control database, on the cluster "control". */
  readonly controlDatabase: string;
  /** Files of the installation's own certificate authority. */
  readonly certificateAuthority: { readonly certificateFile: string; readonly keyFile: string };
  readonly vaults: VaultHands;
  readonly doors: DoorHands;
  /** Servers from a copy of the sources, attached to this installation, on ports of their own. */
  readonly server: ScratchServer;
  /** A copy of the sources with these changes. @throws when a change does not apply. */
  sources(patches: readonly Patch[]): { readonly root: string; remove(): void };
}
