import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId, type TenantId } from "@holdfast/kernel/id";
import { Database } from "@holdfast/panel/database";
import type { Owner } from "@holdfast/protocol/transfer-methods";
import { controlActor } from "../actor.ts";
import type { Parts } from "../parts.ts";

/** A database whose backups are moved. */
export interface OwningDatabase {
  readonly id: number;
  readonly name: string;
  readonly tenantId: TenantId;
}

/** @throws ExpectedError `not_found`; a tenant is only ever found by its own id, which its host name gave. */
export async function ownerOf(parts: Pick<Parts, "data">, of: Owner): Promise<OwningDatabase> {
  const domain =
    "customer" in of ? (["name", "=", of.customer] as const) : (["tenant_id", "=", of.tenantId] as const);
  const [row] = await parts.data
    .reading(controlActor)
    .of(Database)
    .searchRead([domain], ["name", "tenant_id"], { limit: 1 });
  if (!row)
    throw "customer" in of
      ? new ExpectedError("not_found", `there is no database "${of.customer}"`, {
          hint: "bin/holdfast customer list",
        })
      : new ExpectedError("not_found", "there is no such database");
  return { id: row.id, name: row.name, tenantId: present(parseId<"tenant">(row.tenant_id), "a tenant id") };
}
