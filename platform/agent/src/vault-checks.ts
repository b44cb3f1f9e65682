import type { Checked } from "@holdfast/backups/vault-jobs";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { lookAtVaults } from "@holdfast/protocol/agent-methods";
import type { OutputOf } from "@holdfast/protocol/method";
import type { VaultCheck, VaultSettings } from "@holdfast/protocol/vault-methods";
import type { JobContext, JobRunner } from "./job-runner.ts";
import type { SystemUser } from "./system-user.ts";
import type { VaultObjects } from "./vault-objects.ts";
import { prepareAdded, type VaultRegistry } from "./vault-registry.ts";
import { isDirectory, keepWhile, type RegisteredVault } from "./vaults.ts";

/** See {@link VaultChecks}. */
export interface VaultChecksOptions {
  readonly registry: VaultRegistry;
  readonly jobs: JobRunner;
  readonly objects: VaultObjects;
  readonly writer: SystemUser;
}

/** Measures vaults with the writer's credential, as the writer's user; takes what a probe left out again. */
export class VaultChecks {
  readonly #options: VaultChecksOptions;

  constructor(options: VaultChecksOptions) {
    this.#options = options;
  }

  /** @throws ExpectedError `unavailable` when it does not work: then nothing is added. */
  async add(settings: VaultSettings, context: JobContext): Promise<VaultCheck> {
    const { registry, writer } = this.#options;
    const vault = registry.check(settings);
    await prepareAdded(vault, writer);
    const [check] = await keepWhile([vault], this.#measure([vault], context));
    if (check?.works !== true)
      throw new ExpectedError(
        "unavailable",
        `vault "${settings.name}" does not work: ${check?.reason ?? "no answer"}`,
        {
          hint: "compare its address and credentials with what its provider gave you; nothing was added",
        },
      );
    await registry.add(settings, check.enforced === true);
    return check;
  }

  /** @throws ExpectedError `not_found` on a name that no vault has. */
  async check(
    { names, quick }: { readonly names?: readonly string[] | undefined; readonly quick: boolean },
    context: JobContext,
  ): Promise<VaultCheck[]> {
    const { registry } = this.#options;
    const unknown = names?.find((name) => registry.all.every((vault) => vault.name !== name));
    if (unknown !== undefined)
      throw new ExpectedError("not_found", `there is no vault "${unknown}"`, {
        hint: "bin/holdfast vault list",
      });
    const vaults = registry.all.filter(({ name }) => names?.includes(name) ?? true);
    const checks = await this.#measure(vaults, context, quick);
    if (!quick)
      for (const { vault, works, enforced } of checks)
        if (works && enforced !== null) registry.note(vault, enforced);
    return checks;
  }

  /** Whether the vaults that are reached over the network answer; how much is free there nobody tells. */
  async lookAtRemote(context: JobContext): Promise<OutputOf<typeof lookAtVaults>["vaults"]> {
    const remote = this.#options.registry.all.filter((vault) => !isDirectory(vault));
    const checks = remote.length === 0 ? [] : await this.#measure(remote, context, true);
    return checks.map(({ vault, works, reason }) => ({
      name: vault,
      answers: works,
      trouble: reason?.slice(0, 300) ?? null,
      freeBytes: null,
      wantedFreeBytes: null,
    }));
  }

  async #measure(
    vaults: readonly RegisteredVault[],
    context: JobContext,
    quick = false,
  ): Promise<VaultCheck[]> {
    const checked = await this.#options.jobs.run<"check">(
      { kind: "check", vaults: vaults.map(({ spec }) => spec), quick },
      context,
    );
    for (const check of checked)
      if (check.kind === "works")
        await this.#options.objects.remove([check.object], {
          from: vaults.filter(({ name }) => name === check.vault),
          bypass: true,
        });
    return checked.map(answerOf);
  }
}

function answerOf(check: Checked[number]): VaultCheck {
  const { vault } = check;
  const unknown = {
    enforced: null,
    deletion: null,
    overwriting: null,
    putMilliseconds: null,
    getMilliseconds: null,
  };
  if (check.kind === "fails")
    return { ...unknown, vault, works: false, trouble: check.trouble, reason: check.reason };
  const works = { ...unknown, vault, works: true, trouble: null, reason: null };
  if (check.kind === "answers") return { ...works, getMilliseconds: check.getMs };
  const { enforced, deletion, overwriting, putMs, getMs } = check;
  return { ...works, enforced, deletion, overwriting, putMilliseconds: putMs, getMilliseconds: getMs };
}
