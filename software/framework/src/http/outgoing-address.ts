import { lookup } from "node:dns/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import { isPublicAddress } from "./public-address.ts";
import { plainAddress } from "./source-address.ts";

/** Where a connection may go: found out once and connected to as it is, so that no second answer of DNS counts. */
export interface OutgoingAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/**
 * Finds the addresses of a host that a customer named, IPv4 before IPv6.
 *
 * @param allowPrivate - the administrator said that this one lies in a network of their own.
 * @throws ExpectedError `unavailable` when it has none, `access_denied` when one of its addresses is not public:
 * a name that answers with both kinds is made for getting in.
 */
export async function outgoingAddresses(
  host: string,
  { allowPrivate }: { readonly allowPrivate: boolean },
): Promise<readonly [OutgoingAddress, ...OutgoingAddress[]]> {
  const bare = host.replace(/^\[|\]$/g, "");
  const found = await lookup(bare, { all: true }).catch((cause: unknown) => {
    throw new ExpectedError("unavailable", `The host "${bare.slice(0, 253)}" was not found.`, { cause });
  });
  if (!allowPrivate && found.some(({ address }) => !isPublicAddress(plainAddress(address))))
    throw new ExpectedError("access_denied", `The host "${bare.slice(0, 253)}" lies in a private network.`, {
      hint: "Allow private addresses for it, if it is meant.",
    });
  const sorted = found.toSorted((one, other) => one.family - other.family);
  const [first, ...rest] = sorted.map(
    ({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }) as const,
  );
  if (first === undefined) throw new ExpectedError("unavailable", `The host "${bare}" has no address.`);
  return [first, ...rest];
}
