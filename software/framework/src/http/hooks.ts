import type { Log } from "@holdfast/kernel/log";
import type { TenantKeys } from "@holdfast/kernel/tenant-keys";
import type { App } from "../modules/app.ts";

/** Which database answers on a host name. */
export interface TenantPlace {
  readonly id: string;
  /** The customer's public name. */
  readonly name: string;
  /** Names of the apps installed there. */
  readonly apps: readonly string[];
  readonly neutralized: boolean;
  /** Another number once its keys are others: it is then opened anew. */
  readonly keys?: number | undefined;
}

/** What it takes to work for a tenant. Held by the process that serves it, never logged, never sent on. */
export interface TenantAccess extends TenantKeys {
  readonly connection: TenantConnection;
  readonly filesDir: string;
}

export interface TenantConnection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** PEM file of the authority that signed the server's certificate; empty for a unix socket. */
  readonly caFile: string;
}

export interface Certificate {
  /** The leaf and all intermediates. */
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** Outgoing mail: where SMTP is spoken to. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
}

/** Who has something to be sent, kept where it outlives the server. */
export interface OutgoingNotes {
  /** @param dueMs - when it is next to be sent; null: nothing waits there any more. */
  note(tenantId: string, dueMs: number | null): Promise<void>;
  /** Host names of those in whose queues something is due. */
  due(): Promise<readonly string[]>;
}

/**
 * Where the server lets its surroundings in: which databases there are, their keys, certificates. Alone,
 * the server fills it from one configuration file (stand-alone.ts); a platform attaches in one file.
 */
export interface ServerHooks {
  /** @param host - lower case, without port. Null: the fixed 404. Asked often; answers are cached by the hook. */
  findTenant(host: string): Promise<TenantPlace | null>;
  /** The same of many hosts by one question, in their order: whether what is open is still there, and still the same. */
  findTenants(hosts: readonly string[]): Promise<readonly (TenantPlace | null)[]>;
  /** @throws ExpectedError `unavailable` while a database is not there yet. */
  openTenant(tenantId: string): Promise<TenantAccess>;
  /** For the name of a TLS handshake; null: a name that is not ours. */
  certificate(serverName: string): Promise<Certificate | null>;
  /** What names that are not ours are shown, so that they can be told "not found". */
  ownCertificate(): Promise<Certificate>;
  /** The app of a name, as the tenant's registry is made of it. */
  loadApp(name: string): Promise<App>;
  readonly port: number;
  readonly mail: MailServer | null;
  /** Absent where whatever waits is found by itself. */
  readonly outgoing?: OutgoingNotes;
  /** Addresses or networks (`10.0.0.0/8`) of proxies before this server: of them alone `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[];
  /**
   * Administrators of databases may name sign-in providers in private networks. True on premises; false where
   * strangers' databases run, whose administrators have no business in the network of the host.
   */
  readonly privateNetworks?: boolean;
  close(): Promise<void>;
}

/** What a module given to `--attach` exports as `attach`. */
export type Attach = (options: AttachOptions) => Promise<ServerHooks>;

/** What an attached module is given. */
export interface AttachOptions {
  readonly dataDir: string;
  readonly log: Log;
}
