import type { ListObjectVersionsCommandInput, ListObjectVersionsCommandOutput } from "@aws-sdk/client-s3";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import { limits } from "./limits.ts";
import { parseVaultName, type VaultObjectName } from "./object-name.ts";
import type { Patience } from "./patience.ts";
import { reconnecting } from "./reconnecting.ts";
import { S3Connection, type S3VaultSpec } from "./s3-connection.ts";
import { signalOf, upload } from "./s3-upload.ts";
import type { PutOptions, StoredObject, Vault } from "./vault.ts";
import { objectExists, VaultError } from "./vault-error.ts";

/**
 * A vault in an S3-compatible store. The first version of a name is the object, for ever: where the bucket has
 * versions, somebody who overwrites or hides an object changes nothing of what we read.
 */
export function openS3Vault(spec: S3VaultSpec, patience?: Patience): Vault {
  const s3 = new S3Connection(spec, patience);
  return {
    kind: "s3",
    place: { ...spec.place, enforced: spec.enforced },
    capabilities: { resumable: true, serverChecksum: "sha256", lock: spec.lock, endsItself: true },
    put: (name, content, options = {}) => put(s3, { name, content, options }),
    get: (name, range = {}) => get(s3, name, range),
    list: (tenantId) => list(s3, tenantId),
    close: () => s3.close(),
  };
}

interface Put {
  readonly name: VaultObjectName;
  readonly content: AsyncIterable<Uint8Array>;
  readonly options: PutOptions;
}

async function put(s3: S3Connection, { name, content, options }: Put): Promise<{ readonly bytes: number }> {
  const vault = s3.spec.place.name;
  if ((await firstVersion(s3, name, options)) !== undefined) throw objectExists(vault);
  const bytes = await upload(s3, { at: s3.at(name), content, options });
  options.signal?.throwIfAborted();
  const stored = await firstVersion(s3, name, options);
  if (stored?.bytes === bytes) return { bytes };
  throw new VaultError(vault, "lying", {
    why: `took ${bytes} bytes of an object and ${stored === undefined ? "has none" : `says it has ${stored.bytes}`}`,
  });
}

/** An object's first version; the id is absent where the bucket has no versions. */
export interface FirstVersion {
  readonly bytes: number;
  readonly id?: string;
}

/** @returns undefined when there is no such object. */
export async function firstVersion(
  s3: S3Connection,
  name: VaultObjectName,
  options: PutOptions = {},
): Promise<FirstVersion | undefined> {
  const at = s3.at(name);
  if (s3.spec.lock === "none")
    try {
      const found = await s3.run((sdk, client) =>
        client.send(new sdk.HeadObjectCommand(at), signalOf(options)),
      );
      return { bytes: found.ContentLength ?? 0 };
    } catch (error) {
      if (error instanceof ExpectedError && error.code === "not_found") return undefined;
      throw error;
    }
  let first: FirstVersion | undefined;
  for await (const version of versions(s3, at.Key, options))
    if (version.key === at.Key) first = { bytes: version.bytes, id: version.id };
  return first;
}

/** One version of an object, the newest of a name first; a mark of deletion hides older ones from other readers. */
export interface ObjectVersion {
  readonly key: string;
  readonly id: string;
  readonly bytes: number;
  readonly atMs: number;
  readonly mark: boolean;
}

/** @param prefix - of keys, with the vault's own. Marks of deletion are left out. */
async function* versions(
  s3: S3Connection,
  prefix: string,
  options: PutOptions = {},
): AsyncGenerator<ObjectVersion> {
  for await (const version of everyVersion(s3, prefix, options)) if (!version.mark) yield version;
}

/** All versions and marks of deletion of the keys that begin so. */
export async function* everyVersion(
  s3: S3Connection,
  prefix: string,
  options: PutOptions = {},
): AsyncGenerator<ObjectVersion> {
  let marker: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  for (let page = 0; marker !== undefined; page++) {
    refuseEndless(s3, page);
    const wanted: ListObjectVersionsCommandInput = { Bucket: s3.spec.bucket, Prefix: prefix, ...marker };
    const found: ListObjectVersionsCommandOutput = await s3.run((sdk, client) =>
      client.send(new sdk.ListObjectVersionsCommand(wanted), signalOf(options)),
    );
    for (const [mark, list] of [
      [false, found.Versions],
      [true, found.DeleteMarkers],
    ] as const)
      for (const { Key: key = "", VersionId: id = "", LastModified, ...rest } of list ?? [])
        yield {
          key,
          id,
          bytes: "Size" in rest && typeof rest.Size === "number" ? rest.Size : 0,
          atMs: LastModified?.getTime() ?? 0,
          mark,
        };
    marker =
      found.IsTruncated === true && found.NextKeyMarker !== undefined
        ? {
            KeyMarker: found.NextKeyMarker,
            ...(found.NextVersionIdMarker === undefined
              ? {}
              : { VersionIdMarker: found.NextVersionIdMarker }),
          }
        : undefined;
  }
}

function refuseEndless(s3: S3Connection, page: number): void {
  if (page < limits.vaultListPages) return;
  throw new VaultError(s3.spec.place.name, "lying", { why: `lists more than ${page} pages` });
}

async function* list(s3: S3Connection, tenantId?: TenantId): AsyncGenerator<StoredObject> {
  const { prefix, lock } = s3.spec;
  const wanted = `${prefix}${tenantId === undefined ? "" : `${tenantId}/`}`;
  let last: ObjectVersion | undefined;
  for await (const object of lock === "none" ? current(s3, wanted) : versions(s3, wanted)) {
    if (last !== undefined && last.key !== object.key) yield* stored(last, prefix);
    last = object;
  }
  if (last !== undefined) yield* stored(last, prefix);
}

function* stored({ key, bytes, atMs }: ObjectVersion, prefix: string): Generator<StoredObject> {
  const name = parseVaultName(key.slice(prefix.length));
  if (name !== undefined) yield { name, bytes, storedAtMs: atMs };
}

async function* current(s3: S3Connection, prefix: string): AsyncGenerator<ObjectVersion> {
  let token: string | undefined;
  for (let page = 0; page === 0 || token !== undefined; page++) {
    refuseEndless(s3, page);
    const wanted = {
      Bucket: s3.spec.bucket,
      Prefix: prefix,
      ...(token === undefined ? {} : { ContinuationToken: token }),
    };
    const found = await s3.run((sdk, client) => client.send(new sdk.ListObjectsV2Command(wanted)));
    for (const { Key: key = "", Size: bytes = 0, LastModified } of found.Contents ?? [])
      yield { key, id: "", bytes, atMs: LastModified?.getTime() ?? 0, mark: false };
    token = found.IsTruncated === true ? found.NextContinuationToken : undefined;
  }
}

async function* get(
  s3: S3Connection,
  name: VaultObjectName,
  { fromByte = 0, toByte = Number.POSITIVE_INFINITY }: { fromByte?: number; toByte?: number },
): AsyncGenerator<Buffer> {
  if (toByte <= fromByte) return;
  const found = await firstVersion(s3, name);
  if (found === undefined)
    throw new ExpectedError("not_found", `vault "${s3.spec.place.name}" has no object ${name}`);
  const end = Math.min(toByte, found.bytes);
  const from = (start: number) => piece(s3, name, { start, end, version: found.id });
  if (fromByte < end) yield* reconnecting(from, { fromByte, toByte: end });
}

async function* piece(
  s3: S3Connection,
  name: VaultObjectName,
  {
    start,
    end,
    version,
  }: { readonly start: number; readonly end: number; readonly version: string | undefined },
): AsyncGenerator<Buffer> {
  const wanted = {
    ...s3.at(name),
    Range: `bytes=${start}-${end - 1}`,
    ...(version === undefined ? {} : { VersionId: version }),
  };
  const answer = await s3.run((sdk, client) => client.send(new sdk.GetObjectCommand(wanted)));
  try {
    for await (const chunk of answer.Body as unknown as AsyncIterable<Buffer>) {
      s3.heard(chunk.byteLength);
      yield chunk;
    }
  } catch (error) {
    throw s3.failure(error);
  }
}
