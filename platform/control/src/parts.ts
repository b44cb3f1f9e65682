import type { Readable } from "node:stream";
import type { DataSource } from "@holdfast/framework/model/environment";
import type { UpgradePlan } from "@holdfast/framework/sql/schema/apply";
import type { Schema } from "@holdfast/framework/sql/schema/schema";
import type { Clock } from "@holdfast/kernel/clock";
import type { TenantId } from "@holdfast/kernel/id";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import type { Catalog } from "@holdfast/panel/catalog";
import type { Download, Upload } from "@holdfast/protocol/byte-method";
import type { CallOptions } from "@holdfast/protocol/call";
import type { InputOf, Method, OutputOf } from "@holdfast/protocol/method";
import type { z } from "zod";

/** The database that is served, or the one that a restore makes beside it. */
export type Slot = "live" | "beside";

/** Everything that control reaches, as arguments. */
export interface Parts {
  /** The control database. */
  readonly data: DataSource;
  readonly tenants: Tenants;
  /** The apps of this version. */
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** `https://<name>.localhost:<port>` */
  urlOf(name: string): string;
  hostOf(name: string): string;
  /** Asks the agent, the only hands on this host. */
  agent<M extends Method>(method: M, input: InputOf<M>, options?: CallOptions): Promise<OutputOf<M>>;
  /** The same for streams of bytes. */
  readonly agentBytes: {
    download<D extends Download>(
      method: D,
      input: z.input<D["input"]>,
      options?: Pick<CallOptions, "signal">,
    ): Promise<{ readonly head: z.output<D["head"]>; readonly body: Readable }>;
    upload<U extends Upload>(
      method: U,
      sent: { readonly input: z.input<U["input"]>; readonly body: Readable },
      options?: CallOptions,
    ): Promise<z.output<U["output"]>>;
  };
  /** Kills this process when a fault test named this point; does nothing otherwise. */
  failpoint(name: string): void;
  /** Hands a one-time secret (a generated password) to whoever waits in this process; never stored. */
  whisper(operationKey: string, secret: string): void;
}

/** Tenants' databases as control uses them: for schema, base data, administrators and neutralization. */
export interface Tenants {
  /**
   * Makes the database's schema what the apps declare. `tables` first when rows are loaded in between: of the shape
   * that the rows have, when `recorded` tells it.
   */
  syncSchema(
    tenantId: TenantId,
    apps: readonly string[],
    phase: "all" | "tables" | "constraints",
    slot?: Slot,
    recorded?: Schema,
  ): Promise<void>;
  /** What {@link syncSchema} would do; changes nothing. */
  schemaPlan(tenantId: TenantId, apps: readonly string[]): Promise<UpgradePlan>;
  /** Opens the tenant's data with its own role; the caller closes it. */
  open(tenantId: TenantId, apps: readonly string[], slot?: Slot): Promise<DataSource>;
  /** The same for the block alone. */
  withData<T>(
    tenantId: TenantId,
    apps: readonly string[],
    block: (data: DataSource) => Promise<T>,
    slot?: Slot,
  ): Promise<T>;
}
