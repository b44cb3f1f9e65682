import { isPublicAddress } from "../http/public-address.ts";

const httpsPort = 443;
const leastOtherPort = 1_024;

/**
 * What is wrong with an address that a person wrote, as far as the text tells. Where its name leads is asked when
 * the connection is made, each time: see send.ts.
 */
export function targetProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "https:") return "The address of a webhook begins with https://.";
  if (url.username !== "" || url.password !== "" || url.hash !== "")
    return "The address of a webhook holds no user, no password and no #.";
  const port = url.port === "" ? httpsPort : Number(url.port);
  if (port !== httpsPort && port < leastOtherPort)
    return `Port ${port} is not one of a web service: wanted is ${httpsPort}, or ${leastOtherPort} and above.`;
  const host = bareHost(url);
  if (/^[\d.]+$|:/.test(host) && !isPublicAddress(host))
    return "The address of a webhook lies in a private network.";
  return undefined;
}

/** The host of an address, IPv6 without its brackets. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}
