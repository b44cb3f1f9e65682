import { ExpectedError } from "@holdfast/kernel/errors";
import type { Configuration, CustomFetch } from "openid-client";
import { outgoingFetch } from "../../http/outgoing-fetch.ts";
import type { Provider } from "../providers/provider.ts";

const timeoutSeconds = 10;
/** How far the provider's clock may be from ours. */
const clockToleranceSeconds = 30;
const keptMilliseconds = 600_000;
const maxKept = 200;
const discoveryPath = "/.well-known/openid-configuration";

const kept = new Map<string, { readonly until: number; readonly client: Promise<Configuration> }>();

/**
 * A client of an OpenID provider, found by its address alone. What was discovered is kept for ten minutes, or until the
 * provider's settings change; keys are fetched by the library as they come.
 *
 * @throws ExpectedError `unavailable`, `access_denied`, `invalid`: no such provider, or not the one it says it is.
 */
export async function oidcClient(
  tenantId: string,
  provider: Provider,
  given: { readonly secret: string; readonly nowMs: number },
): Promise<Configuration> {
  const key = JSON.stringify([tenantId, provider.id, String(provider.write_date)]);
  const known = kept.get(key);
  if (known !== undefined && known.until > given.nowMs) return known.client;
  const client = discovered(provider, given.secret);
  if (kept.size >= maxKept) kept.delete(kept.keys().next().value ?? "");
  kept.set(key, { until: given.nowMs + keptMilliseconds, client });
  client.catch(() => kept.delete(key));
  return client;
}

/** Asks the provider who it is, now. @throws ExpectedError, see {@link oidcClient}. */
export async function discovered(provider: Provider, secret: string): Promise<Configuration> {
  const openid = await import("openid-client");
  const issuer = issuerOf(provider.url);
  const metadata = {
    ...(secret === "" ? {} : { client_secret: secret }),
    [openid.clockTolerance]: clockToleranceSeconds,
  };
  const authentication = secret === "" ? openid.None() : undefined;
  try {
    const client = await openid.discovery(issuer, provider.client_id, metadata, authentication, {
      timeout: timeoutSeconds,
      [openid.customFetch]: fetchFor(provider),
      execute: [openid.enableNonRepudiationChecks],
    });
    const named = client.serverMetadata().issuer;
    if (URL.parse(named)?.href !== issuer.href)
      throw new ExpectedError("invalid", `The provider calls itself "${named.slice(0, 200)}".`, {
        hint: "Give its address exactly as it names itself.",
      });
    return client;
  } catch (cause) {
    if (cause instanceof ExpectedError) throw cause;
    const inner = cause instanceof Error && cause.cause instanceof ExpectedError ? cause.cause : undefined;
    throw inner ?? new ExpectedError("unavailable", "The provider could not be asked who it is.", { cause });
  }
}

function issuerOf(address: string): URL {
  const url = URL.parse(address.endsWith(discoveryPath) ? address.slice(0, -discoveryPath.length) : address);
  if (url?.protocol === "https:" && url.search === "" && url.hash === "") return url;
  throw new ExpectedError("invalid", "A provider's address begins with https:// and has no “?” or “#”.");
}

function fetchFor(provider: Pick<Provider, "allow_private" | "ca_pem">): CustomFetch {
  const options = { allowPrivate: provider.allow_private, caPem: provider.ca_pem ?? "" };
  return (address, { method, headers, body, signal }) =>
    outgoingFetch(address, { method, headers, signal, ...bodyOf(body) }, options);
}

function bodyOf(body: unknown): { readonly body?: string | Uint8Array } {
  if (body === undefined || body === null) return {};
  return { body: body instanceof Uint8Array ? body : String(body) };
}
