import type { TenantId } from "@holdfast/kernel/id";
import type { OperationRunner } from "./operations/runner.ts";
import type { Parts } from "./parts.ts";

/** What the handlers of control's socket work with. */
export interface ControlContext {
  readonly parts: Parts;
  readonly runner: OperationRunner;
  readonly controlTenantId: TenantId;
  readonly panelHost: string;
  /** A password that an operation of this process made, once. */
  secretOf(operationKey: string): string | undefined;
}
