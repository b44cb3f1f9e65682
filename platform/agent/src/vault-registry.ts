import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import type { VaultSpec } from "@holdfast/backups/open-vault";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Random } from "@holdfast/kernel/random";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { type VaultSettings, vaultSettingsSchema } from "@holdfast/protocol/vault-methods";
import { z } from "zod";
import { writeDurably } from "./durable-file.ts";
import type { RootKey } from "./root-key.ts";
import { seal, sealedSchema, unseal, unsealWithAny } from "./sealed.ts";
import { ourselves, type SystemUser } from "./system-user.ts";
import { Turns } from "./turns.ts";
import { directoryVaults, prepareVault, type RegisteredVault } from "./vaults.ts";

const fileSchema = z.strictObject({
  format: z.literal(1),
  vaults: z.array(
    z.strictObject({
      name: z.string(),
      /** Absent for one of the folders that pose as data centers. */
      settings: sealedSchema.optional(),
      /** As the last check measured; what a person states is never taken for it. */
      enforced: z.boolean(),
    }),
  ),
});
type Entry = z.output<typeof fileSchema>["vaults"][number];

/** Fewest vaults that an installation may have. Source: claim BAK-2. */
const fewestVaults = 3;

/** See {@link VaultRegistry}. */
export interface VaultRegistryOptions {
  readonly folder: DataFolder;
  readonly rootKey: RootKey;
  readonly random: Random;
  /** Who runs backup jobs. */
  readonly writer: SystemUser;
}

/**
 * The vaults of this installation. Without a file of its own: the three folders that pose as data centers. What a
 * person adds is kept in `vaults.json`, settings and secrets sealed by the root key.
 */
export class VaultRegistry {
  readonly #options: VaultRegistryOptions;
  readonly #all: RegisteredVault[];
  readonly #turns = new Turns<string>();

  constructor(options: VaultRegistryOptions) {
    this.#options = options;
    this.#all = this.#read();
  }

  /** Live: what is added or removed later is seen through it. */
  get all(): readonly RegisteredVault[] {
    return this.#all;
  }

  /** @throws ExpectedError `conflict` when there is one of this name, or its folder cannot be one. */
  check(settings: VaultSettings): RegisteredVault {
    if (this.#all.some(({ name }) => name === settings.name))
      throw new ExpectedError("conflict", `there is a vault "${settings.name}" already`, {
        hint: `bin/holdfast vault remove ${settings.name} forgets it; what is in it stays`,
      });
    if (settings.kind === "directory") refuseForeignFolder(settings.path);
    return this.#registered(settings, false);
  }

  /** Keeps a vault that was seen to work. */
  async add(settings: VaultSettings, enforced: boolean): Promise<void> {
    const vault = this.#registered(settings, enforced);
    const sealed = seal(
      this.#options.rootKey.reveal(),
      Buffer.from(JSON.stringify(settings)),
      contextOf(settings.name),
      this.#options.random,
    );
    this.#write([...this.#entries(), { name: settings.name, settings: sealed, enforced }]);
    this.#all.push(vault);
  }

  /** @returns whether there was one. @throws ExpectedError `conflict` when too few would be left. */
  remove(name: string): boolean {
    const at = this.#all.findIndex((vault) => vault.name === name);
    if (at < 0) return false;
    if (this.#all.length <= fewestVaults)
      throw new ExpectedError(
        "conflict",
        `${this.#all.length} vaults are left, at least ${fewestVaults} wanted`,
        {
          hint: "add another one first: bin/holdfast vault add FILE",
        },
      );
    this.#write(this.#entries().filter((entry) => entry.name !== name));
    this.#all.splice(at, 1);
    return true;
  }

  /** Keeps what a check measured. */
  note(name: string, enforced: boolean): void {
    const at = this.#all.findIndex((vault) => vault.name === name);
    const vault = this.#all[at];
    if (vault === undefined || vault.enforced === enforced || vault.spec.kind === "directory") return;
    this.#all[at] = { ...vault, enforced, spec: { ...vault.spec, enforced } };
    this.#write(this.#entries().map((entry) => (entry.name === name ? { ...entry, enforced } : entry)));
  }

  #read(): RegisteredVault[] {
    const { folder, writer, rootKey } = this.#options;
    const posing = directoryVaults(folder, writer);
    if (!existsSync(folder.vaultsFile)) return posing;
    return this.#entries().flatMap((entry) => {
      if (entry.settings === undefined) return posing.filter(({ name }) => name === entry.name);
      const settings = unseal(rootKey.reveal(), entry.settings, contextOf(entry.name)).toString("utf8");
      return this.#registered(vaultSettingsSchema.parse(JSON.parse(settings)), entry.enforced);
    });
  }

  #entries(): Entry[] {
    const { folder } = this.#options;
    if (!existsSync(folder.vaultsFile)) return this.#all.map(({ name, enforced }) => ({ name, enforced }));
    return fileSchema.parse(JSON.parse(readFileSync(folder.vaultsFile, "utf8"))).vaults;
  }

  #write(vaults: readonly Entry[]): void {
    const text = `${JSON.stringify({ format: 1, vaults }, null, 1)}\n`;
    writeDurably(this.#options.folder.vaultsFile, text, 0o600);
  }

  #registered(settings: VaultSettings, enforced: boolean): RegisteredVault {
    const { name, dataCenter, city, country, continent, provider, attestations, simulated } = settings;
    const published = { name, dataCenter, city, country, continent, provider, attestations, simulated };
    const isSeparate = this.#options.writer.uid !== ourselves().uid;
    const { spec, retention } = specsOf(settings, { published, enforced, isSeparate });
    return {
      ...published,
      kind: settings.kind,
      lock: settings.kind === "s3" ? settings.lock : "none",
      enforced: settings.kind === "directory" ? isSeparate : enforced,
      spec,
      ...(retention === undefined ? {} : { retention }),
      alone: (work) => this.#turns.run(name, work),
    };
  }
}

function specsOf(
  settings: VaultSettings,
  known: {
    readonly published: VaultSpec["place"];
    readonly enforced: boolean;
    readonly isSeparate: boolean;
  },
): { readonly spec: VaultSpec; readonly retention: VaultSpec | undefined } {
  const { bytesPerSecond } = settings;
  const common = { place: known.published, ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }) };
  if (settings.kind === "directory") {
    const keeper = known.isSeparate ? ("separate" as const) : ("inline" as const);
    const spec: VaultSpec = { kind: "directory", path: settings.path, keeper, ...common };
    return { spec, retention: spec };
  }
  const { enforced } = known;
  if (settings.kind === "s3") {
    const { endpoint, region, bucket, prefix, pathStyle, ca, lock, lockDays, writer, retention } = settings;
    const where = {
      endpoint,
      region,
      bucket,
      prefix,
      pathStyle,
      lock,
      lockDays,
      ...(ca === undefined ? {} : { ca }),
    };
    const as = (key: typeof writer): VaultSpec => ({ kind: "s3", ...where, ...key, enforced, ...common });
    return { spec: as(writer), retention: retention && as(retention) };
  }
  const { host, port, hostKey, path, writer, retention } = settings;
  const as = (login: typeof writer): VaultSpec => ({
    kind: "sftp",
    host,
    port,
    hostKey,
    path,
    ...login,
    enforced,
    ...common,
  });
  return { spec: as(writer), retention: retention && as(retention) };
}

/** Seals what the registry keeps under another root key; what is under it already stays. */
export function rewrapVaults(
  folder: DataFolder,
  {
    former,
    next,
    random,
  }: { readonly former: Uint8Array; readonly next: Uint8Array; readonly random: Random },
): void {
  if (!existsSync(folder.vaultsFile)) return;
  const file = fileSchema.parse(JSON.parse(readFileSync(folder.vaultsFile, "utf8")));
  const vaults = file.vaults.map((entry) => {
    if (entry.settings === undefined) return entry;
    const context = contextOf(entry.name);
    const opened = unsealWithAny([former, next], entry.settings, context);
    return { ...entry, settings: seal(next, opened, context, random) };
  });
  writeDurably(folder.vaultsFile, `${JSON.stringify({ ...file, vaults }, null, 1)}\n`, 0o600);
}

const contextOf = (name: string): string => `holdfast vault ${name}`;

/** Whoever may ask for a vault must not have folders of the system changed: only an empty one of ours, or a vault. */
function refuseForeignFolder(path: string): void {
  const found = existsSync(path) ? statSync(path) : undefined;
  const isOurs = found?.isDirectory() === true && found.uid === ourselves().uid;
  const names = isOurs ? readdirSync(path) : [];
  if (isOurs && names.every((name) => name === "incoming" || name === "store")) return;
  throw new ExpectedError("conflict", `${path} is no empty folder of ${ourselves().name}`, {
    hint: "make an empty folder on the disk that is to hold the vault, then add it",
  });
}

/** Makes what a directory vault needs inside its folder; nothing for the others. */
export async function prepareAdded(vault: RegisteredVault, writer: SystemUser): Promise<void> {
  if (vault.spec.kind === "directory") await prepareVault(vault.spec, writer, { isAdded: true });
}
