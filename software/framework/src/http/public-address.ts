import { BlockList, isIPv4, isIPv6 } from "node:net";

/** IANA's registries of special-purpose addresses (RFC 6890): none of these is a service on the internet. */
const privateIPv4 = subnets("ipv4", [
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
]);
/** Only global unicast at all: mapped, translated, local and link addresses all lie outside. */
const globalIPv6 = subnets("ipv6", [["2000::", 3]]);
const specialIPv6 = subnets("ipv6", [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
]);

/** @returns whether an address is one of the public internet. What is no address is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !privateIPv4.check(address, "ipv4");
  if (!isIPv6(address) || address.includes("%")) return false;
  return globalIPv6.check(address, "ipv6") && !specialIPv6.check(address, "ipv6");
}

function subnets(family: "ipv4" | "ipv6", nets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of nets) list.addSubnet(net, prefix, family);
  return list;
}
