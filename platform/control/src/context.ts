import type { Config, DataFolder } from "@holdfast/protocol/data-folder";
import type { OperationRunner } from "./operations/runner.ts";
import type { Parts } from "./parts.ts";
import type { UploadPlaces } from "./uploads/upload-places.ts";
import type { Uploads } from "./uploads/uploads.ts";

/** What the handlers of control's socket work with. */
export interface ControlContext {
  readonly parts: Parts;
  readonly runner: OperationRunner;
  readonly folder: DataFolder;
  readonly config: Config;
  readonly panelHost: string;
  /** Zips that come in by pieces. */
  readonly uploads: Uploads;
  /** For zips that are being taken in, however they came. */
  readonly places: UploadPlaces;
  /** A password that an operation of this process made; given once. */
  secretOf(operationKey: string): string | undefined;
}
