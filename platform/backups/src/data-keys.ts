import { deriveKey } from "@holdfast/kernel/sealed-stream";

/** A data key by its number: 1 is a customer's first; each change counts one up. */
export interface DataKey {
  readonly generation: number;
  readonly key: Uint8Array;
}

/** The data keys of one customer. Sealing and signing is done with the current one, opening with whichever fits. */
export interface DataKeys {
  /** The current one, 32 bytes. */
  readonly dataKey: Uint8Array;
  /** Its number; absent: the first. */
  readonly generation?: number;
  /** Former ones that something may still lie under. */
  readonly otherKeys?: readonly DataKey[];
}

/** As they are told to a job: base64. */
export interface JobKeys {
  readonly dataKey: string;
  readonly generation?: number;
  readonly otherKeys?: readonly { readonly generation: number; readonly key: string }[];
}

/** All of them, the current one first. */
export function everyKey({ dataKey, generation = 1, otherKeys = [] }: DataKeys): DataKey[] {
  return [{ generation, key: dataKey }, ...otherKeys];
}

/** Every key of one purpose, the current one first. */
export function derivedKeys(keys: DataKeys, purpose: string): Uint8Array[] {
  return everyKey(keys).map(({ key }) => deriveKey(key, purpose));
}

const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

/** The keys of a job's line, as bytes; what else is in it stays. */
export function withKeys<T extends JobKeys>(
  job: T,
): Omit<T, "dataKey" | "otherKeys"> & Pick<DataKeys, "dataKey" | "otherKeys"> {
  const otherKeys = (job.otherKeys ?? []).map(({ generation, key }) => ({ generation, key: bytes(key) }));
  return { ...job, dataKey: bytes(job.dataKey), otherKeys };
}
