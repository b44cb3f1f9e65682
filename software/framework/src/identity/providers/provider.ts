import { ExpectedError } from "@holdfast/kernel/errors";
import type { Tenant } from "../../http/route.ts";
import { egressAllowed } from "../../mail/egress.ts";
import type { Environment } from "../../model/environment.ts";
import type { Row } from "../../model/model.ts";
import { openSecret } from "../secret-box.ts";
import { providersModel } from "./models.ts";

const names = [
  "name",
  "kind",
  "active",
  "url",
  "client_id",
  "secret_sealed",
  "ca_pem",
  "allow_private",
  "base_dn",
  "user_filter",
  "login_attribute",
  "group_attribute",
  "link_by_mail",
  "create_users",
  "default_group_id",
  "has_factor",
  "write_date",
] as const;

/** A provider as its administrator set it up; its secret still sealed. */
export type Provider = Row<typeof providersModel, (typeof names)[number]>;

/** Most providers of one database. */
export const maxProviders = 10;

/** Those in use, in order. */
export function activeProviders(env: Environment): Promise<Provider[]> {
  return env.system("see where else people sign in", (system) =>
    system.of(providersModel).searchRead([["active", "=", true]], names, { limit: maxProviders }),
  );
}

/** @returns one provider; undefined when there is none of that id. Also those out of use: for their test. */
export async function providerOf(env: Environment, id: number): Promise<Provider | undefined> {
  if (!Number.isInteger(id) || id < 1 || id > 2_147_483_647) return undefined;
  const rows = await env.system("read a sign-in provider", (system) =>
    system.of(providersModel).searchRead([["id", "=", id]], names, { limit: 1, activeOnly: false }),
  );
  return rows[0];
}

/** What a provider's secret is sealed for: bound to its address, so that a changed address gets no secret. */
export function secretPurpose(provider: Pick<Provider, "id" | "url" | "client_id">): string {
  return `provider ${provider.id} of ${provider.client_id} at ${provider.url}`;
}

/** @returns the secret in clear; empty when there is none. */
export function secretOf(key: Uint8Array, provider: Provider): string {
  if (provider.secret_sealed === null) return "";
  return openSecret(key, provider.secret_sealed, secretPurpose(provider)) ?? "";
}

/** What the server says of a database's connections to elsewhere; it alone, whatever stands in the database. */
export type Reach = Pick<Tenant, "neutralized" | "privateNetworks">;

/**
 * The provider as this server may ask it. A row that came along with a backup of another server does not decide
 * what is reached from here; asked at each use, not only when it is saved.
 *
 * @throws ExpectedError `access_denied` in a copy. Source: claim BAK-5.
 */
export function reachedFrom<P extends Pick<Provider, "allow_private">>(reach: Reach, provider: P): P {
  if (!egressAllowed(reach)) throw new ExpectedError("access_denied", "A copy asks nobody outside.");
  return { ...provider, allow_private: provider.allow_private && reach.privateNetworks === true };
}
