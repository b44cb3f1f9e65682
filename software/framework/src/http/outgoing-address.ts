import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { ExpectedError } from "@holdfast/kernel/errors";
import { plainAddress } from "./source-address.ts";

/** Where a connection may go: found out once and connected to as it is, so that no second answer of DNS counts. */
export interface OutgoingAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Networks that are nobody's in public. Source: IANA special-purpose registries (RFC 6890 and later). */
const inner = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  inner.addSubnet(network, bits, "ipv4");
/** The one block of IPv6 that is given out; what embeds an IPv4 address in it is left out below. */
const global6 = new BlockList();
global6.addSubnet("2000::", 3, "ipv6");
const embedding6 = new BlockList();
for (const [network, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  embedding6.addSubnet(network, bits, "ipv6");

/** @returns whether an IP address is one of the open internet. */
export function isPublicAddress(address: string): boolean {
  const plain = plainAddress(address);
  const kind = isIP(plain);
  if (kind === 4) return !inner.check(plain, "ipv4");
  return kind === 6 && global6.check(plain, "ipv6") && !embedding6.check(plain, "ipv6");
}

/**
 * Finds the addresses of a host that a customer named, IPv4 before IPv6.
 *
 * @param allowPrivate - the administrator said that this one lies in a network of their own.
 * @throws ExpectedError `unavailable` when it has none, `access_denied` when one of its addresses is not public:
 * a name that answers with both kinds is made for getting in. Source: THREATS.md (SSRF checks the address, not the name).
 */
export async function outgoingAddresses(
  host: string,
  { allowPrivate }: { readonly allowPrivate: boolean },
): Promise<readonly [OutgoingAddress, ...OutgoingAddress[]]> {
  const bare = host.replace(/^\[|\]$/g, "");
  const found = await lookup(bare, { all: true }).catch((cause: unknown) => {
    throw new ExpectedError("unavailable", `The host "${bare.slice(0, 253)}" was not found.`, { cause });
  });
  if (!allowPrivate && found.some(({ address }) => !isPublicAddress(address)))
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
