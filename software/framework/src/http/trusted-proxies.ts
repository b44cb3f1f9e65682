import { BlockList, isIP } from "node:net";
import { ExpectedError } from "@holdfast/kernel/errors";
import { plainAddress } from "./source-address.ts";

/** Proxies whose word about a client's address is taken. */
export type TrustedProxies = Pick<BlockList, "check">;

/** Nobody's word is taken: the address is the one that the connection comes from. */
export const noProxies: TrustedProxies = new BlockList();

const maxHops = 20;

/** @param list - addresses or networks: `10.0.0.7`, `fd00::/8`. @throws ExpectedError `bad_request` that names a wrong one. */
export function trustedProxies(list: readonly string[]): TrustedProxies {
  const proxies = new BlockList();
  for (const entry of list) {
    const [address = "", prefix, ...more] = entry.split("/");
    const version = isIP(address);
    const bits = prefix === undefined ? (version === 6 ? 128 : 32) : Number(prefix);
    const right = version !== 0 && more.length === 0 && Number.isInteger(bits) && bits >= 1;
    if (!right || bits > (version === 6 ? 128 : 32))
      throw new ExpectedError("bad_request", `the trusted proxy "${entry}" is no address and no network`);
    proxies.addSubnet(address, bits, version === 6 ? "ipv6" : "ipv4");
  }
  return proxies;
}

/**
 * The client's address: the connection's own, unless that is a trusted proxy's. Then the list is read from the right,
 * past further trusted proxies, to the first address that none of them is; what stands left of it the client may have
 * made up. Something unreadable there is taken for the last proxy's own address: never an attacker's choice.
 *
 * @param forwarded - the header `X-Forwarded-For`, as often as it came.
 */
export function clientAddress(
  proxies: TrustedProxies,
  { peer, forwarded }: { readonly peer: string; readonly forwarded: string | readonly string[] | undefined },
): string {
  if (forwarded === undefined || !isTrusted(proxies, peer)) return peer;
  const hops = [forwarded].flat().join(",").split(",").slice(-maxHops).reverse();
  let last = peer;
  for (const hop of hops) {
    const address = plainAddress(hop.trim().replace(/^\[([^\]]+)\](?::\d+)?$/, "$1"));
    if (isIP(address) === 0) return last;
    last = address;
    if (!isTrusted(proxies, address)) return address;
  }
  return last;
}

function isTrusted(proxies: TrustedProxies, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && proxies.check(address, version === 6 ? "ipv6" : "ipv4");
}
