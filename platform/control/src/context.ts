import type { Config, DataFolder } from "@holdfast/protocol/data-folder";
import type { OperationRunner } from "./operations/runner.ts";
import type { Parts } from "./parts.ts";

/** What the handlers of control's socket work with. */
export interface ControlContext {
  readonly parts: Parts;
  readonly runner: OperationRunner;
  readonly folder: DataFolder;
  readonly config: Config;
  readonly panelHost: string;
  /** A password that an operation of this process made; given once. */
  secretOf(operationKey: string): string | undefined;
}
