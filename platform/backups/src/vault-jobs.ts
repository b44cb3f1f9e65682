import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import { parseVaultName } from "./object-name.ts";
import { openVault, type VaultSpec } from "./open-vault.ts";
import { checkVault, probeTenant, type VaultCheck } from "./probe-vault.ts";
import type { JobOptions } from "./progress.ts";
import { type Removal, removeObject, removeOnWayIn } from "./retention-role.ts";
import type { StoredObject, Vault } from "./vault.ts";
import { VaultError, type VaultTrouble } from "./vault-error.ts";

/** What is in the vaults, of one customer or of all. */
export interface ListJob {
  readonly kind: "list";
  readonly vaults: readonly VaultSpec[];
  readonly tenantId?: TenantId;
}

/** What one vault answered; a vault that fails stops no other. */
export type OfVault<T> =
  | ({ readonly kind: "answered"; readonly vault: string } & T)
  | {
      readonly kind: "failed";
      readonly vault: string;
      readonly reason: string;
      readonly trouble: VaultTrouble | "wrong";
    };

export type Listed = readonly OfVault<{ readonly objects: readonly StoredObject[] }>[];

/** Lists each vault. */
export function listVaults(vaults: readonly Vault[], tenantId?: TenantId): Promise<Listed> {
  return eachVault(vaults, async (vault) => ({ objects: await Array.fromAsync(vault.list(tenantId)) }));
}

/** Takes objects out of vaults; the only job that gets the retention role's credentials. */
export interface RemoveJob {
  readonly kind: "remove";
  readonly vaults: readonly {
    readonly writer: VaultSpec;
    /** Absent where nobody but the vault's own rules may delete. */
    readonly retention?: VaultSpec;
  }[];
  readonly names: readonly string[];
  /** See RemovalOptions. */
  readonly bypass?: boolean;
}

export type Removed = readonly OfVault<{ readonly removals: readonly Removal[] }>[];

/** In each vault: what is on its way in, then what is stored. Idempotent. */
export async function removeFromVaults(job: RemoveJob): Promise<Removed> {
  const names = job.names.map((text) => {
    const name = parseVaultName(text);
    if (name === undefined) throw new ExpectedError("bad_request", "what is removed is an object of a vault");
    return name;
  });
  return Promise.all(
    job.vaults.map(({ writer, retention }) =>
      ofVault(writer.place.name, async () => {
        const removals: Removal[] = [];
        for (const name of names) {
          await removeOnWayIn(writer, name);
          if (retention === undefined) throw noRetention(writer.place.name);
          removals.push(await removeObject(retention, name, { bypass: job.bypass ?? false }));
        }
        return { removals };
      }),
    ),
  );
}

const noRetention = (vault: string) =>
  new VaultError(vault, "refused", {
    why: "was added without a credential that may delete",
    hint: "add it anew with one, or let a lifecycle rule of the bucket delete",
  });

/** Measures each vault; see checkVault. With `quick` only whether it answers. */
export interface CheckJob {
  readonly kind: "check";
  readonly vaults: readonly VaultSpec[];
  readonly quick?: boolean;
}

export type Checked = readonly (VaultCheck & { readonly vault: string })[];

/** One answer per vault, in their order. */
export function checkVaults(job: CheckJob, { signal }: JobOptions): Promise<Checked> {
  return Promise.all(
    job.vaults.map(async (spec) => {
      const check = job.quick
        ? await answers(spec)
        : await checkVault(spec, { nowMs: Date.now(), random: systemRandom, signal });
      return { ...check, vault: spec.place.name };
    }),
  );
}

/** Lists what no customer has: cheap for every kind, and needs a login that works. */
async function answers(spec: VaultSpec): Promise<VaultCheck> {
  const vault = openVault(spec);
  const began = performance.now();
  try {
    const found = await ofVault(spec.place.name, async () => {
      await Array.fromAsync(vault.list(probeTenant));
      return {};
    });
    if (found.kind === "failed") return { kind: "fails", trouble: found.trouble, reason: found.reason };
    return { kind: "answers", getMs: Math.round(performance.now() - began) };
  } finally {
    await vault.close();
  }
}

function eachVault<T>(vaults: readonly Vault[], work: (vault: Vault) => Promise<T>): Promise<OfVault<T>[]> {
  return Promise.all(vaults.map((vault) => ofVault(vault.place.name, () => work(vault))));
}

async function ofVault<T>(vault: string, work: () => Promise<T>): Promise<OfVault<T>> {
  try {
    return { kind: "answered", vault, ...(await work()) };
  } catch (error) {
    const trouble = error instanceof VaultError ? error.trouble : "wrong";
    const reason =
      error instanceof ExpectedError ? error.message : `vault "${vault}" fails with ${codeOf(error)}`;
    return { kind: "failed", vault, reason, trouble };
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? (error as Error).name;
