import { createHash } from "node:crypto";
import { Agent } from "node:https";
import type { S3Client } from "@aws-sdk/client-s3";
import { ExpectedError } from "@holdfast/kernel/errors";
import { limits } from "./limits.ts";
import type { VaultObjectName } from "./object-name.ts";
import { Hearing, type Patience, Silence } from "./patience.ts";
import type { PatientRequests } from "./s3-requests.ts";
import type { VaultPlace } from "./vault.ts";
import { objectExists, troubleOf, VaultError, type VaultTrouble } from "./vault-error.ts";

/** A bucket, or a prefix in one, with the credential of one role: the writer's, or in its own process retention's. */
export interface S3VaultSpec {
  readonly kind: "s3";
  /** `https://host[:port]`; plain http only to this machine itself. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** "" or ends with "/". */
  readonly prefix: string;
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`. */
  readonly pathStyle: boolean;
  /** PEM of an authority of its own; default: the public ones. */
  readonly ca?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Not "none": the bucket has versions, and what is put is locked for `lockDays`. */
  readonly lock: "none" | "governance" | "compliance";
  readonly lockDays: number;
  readonly bytesPerSecond?: number;
  /** As the last check measured. */
  readonly enforced: boolean;
  readonly place: Omit<VaultPlace, "enforced">;
}

type Sdk = typeof import("@aws-sdk/client-s3");

interface Opened {
  readonly sdk: Sdk;
  readonly client: S3Client;
  readonly requests: PatientRequests;
}

/** The client of one bucket. The library (some 60 MB) is loaded with the first request: only in a job's process. */
export class S3Connection {
  readonly spec: S3VaultSpec;
  readonly #hearing: Hearing;
  #opened: Promise<Opened> | undefined;

  constructor(spec: S3VaultSpec, patience?: Patience) {
    this.spec = spec;
    this.#hearing = new Hearing(spec.place.name, patience);
  }

  /** Where an object lies in the bucket. */
  at(name: VaultObjectName): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.spec.bucket, Key: `${this.spec.prefix}${name}` };
  }

  /** What is put is locked until then; nothing where the vault has no lock. */
  lockUntil(nowMs: number): {
    ObjectLockMode?: "GOVERNANCE" | "COMPLIANCE";
    ObjectLockRetainUntilDate?: Date;
  } {
    const { lock, lockDays } = this.spec;
    if (lock === "none") return {};
    return {
      ObjectLockMode: lock === "compliance" ? "COMPLIANCE" : "GOVERNANCE",
      ObjectLockRetainUntilDate: new Date(nowMs + lockDays * 86_400_000),
    };
  }

  /**
   * Runs one request. A server that says nothing is not asked again here, and no more at all after the second time.
   *
   * @throws VaultError, or ExpectedError `not_found` and `conflict` for a missing and an existing object.
   */
  async run<T>(work: (sdk: Sdk, client: S3Client) => Promise<T>): Promise<T> {
    this.#hearing.check();
    try {
      const { sdk, client } = await (this.#opened ??= this.#open());
      return await work(sdk, client);
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** What came from the vault within an answer. */
  heard(bytes: number): void {
    this.#hearing.moved(bytes);
  }

  /** A failure as one of the vault: see {@link run}. */
  failure(error: unknown): unknown {
    return error instanceof Silence ? this.#hearing.silent(error) : s3Error(this.spec, error);
  }

  /** Ends what is under way too, with its sockets. */
  async close(): Promise<void> {
    const opened = await this.#opened;
    this.#opened = undefined;
    opened?.requests.end();
    opened?.client.destroy();
  }

  async #open(): Promise<Opened> {
    const sdk = await import("@aws-sdk/client-s3");
    const { PatientRequests } = await import("./s3-requests.ts");
    const { endpoint, region, pathStyle, accessKeyId, secretAccessKey, ca } = this.spec;
    // Without one of ours the library waits for "100 Continue" before it sends a large body: a refusal is heard.
    const agent = ca === undefined ? {} : { httpsAgent: new Agent({ ca, keepAlive: true }) };
    const requests = new PatientRequests(this.#hearing, agent);
    const client = new sdk.S3Client({
      endpoint,
      region,
      forcePathStyle: pathStyle,
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: limits.vaultAttempts,
      // Newer checksums are unknown to many servers; ours are the signed SHA-256 of each body and its MD5.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      requestHandler: requests,
    });
    return { sdk, client, requests };
  }
}

/** For Content-MD5, which servers compare where they know no better digest. No protection against intent. */
export const md5 = (body: Uint8Array): Buffer => createHash("md5").update(body).digest();

interface S3Failure {
  readonly name?: string;
  readonly code?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** A failure of the library or the network as one of the vault; one that is already stays. */
function s3Error(spec: S3VaultSpec, error: unknown): unknown {
  if (error instanceof ExpectedError || !(error instanceof Error)) return error;
  const failure = error as S3Failure;
  if (failure.name === "AbortError") return error;
  const status = failure.$metadata?.httpStatusCode;
  const said = failure.Code ?? failure.name ?? "an unknown error";
  const vault = spec.place.name;
  if (said === "NoSuchKey" || said === "NotFound" || (status === 404 && said !== "NoSuchBucket"))
    return new ExpectedError("not_found", `vault "${vault}" has no such object`, { cause: error });
  if (status === 412 || said === "PreconditionFailed") return objectExists(vault, error);
  return new VaultError(vault, troubleSaid(said, status, failure.code), {
    why: `fails with ${status === undefined ? (failure.code ?? said) : said}`,
    cause: error,
  });
}

const damagedSaid = new Set(["BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch"]);
const fullSaid = new Set(["QuotaExceeded", "InsufficientCapacity", "StorageFull", "XMinioStorageFull"]);

function troubleSaid(said: string, status: number | undefined, code: string | undefined): VaultTrouble {
  if (damagedSaid.has(said)) return "damaged";
  if (fullSaid.has(said) || status === 507) return "full";
  if (status === undefined) return networkTrouble(said, code);
  if (status === 429 || status >= 500) return "away";
  return status === 401 || status === 403 || said === "NoSuchBucket" ? "refused" : "lying";
}

/** No answer at all: the network, or a certificate that we do not trust. */
function networkTrouble(said: string, code = ""): VaultTrouble {
  if (/CERT|ALTNAME|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/.test(code)) return "refused";
  return said === "TimeoutError" || code === ""
    ? "away"
    : troubleOf(code) === "lying"
      ? "away"
      : troubleOf(code);
}
