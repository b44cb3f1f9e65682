import { assert } from "@holdfast/kernel/assert";

/** Links that nobody signed, made of two genuine ones: what an attacker can do with those at hand. */
export function forgeries(
  genuine: string,
  theirs: string,
): { readonly what: string; readonly url: string }[] {
  const [mine, other] = [tokenOf(genuine), tokenOf(theirs)];
  const withToken = (token: string): string => genuine.replace(mine.token, token);
  const { id, mac } = mine;
  return [
    { what: "a link with its first character changed", url: withToken(`${id}.${changed(mac, 0)}`) },
    { what: "a link with a character changed in its middle", url: withToken(`${id}.${changed(mac, 21)}`) },
    {
      what: "a link with its last character changed",
      url: withToken(`${id}.${changed(mac, mac.length - 1)}`),
    },
    { what: "a shortened link", url: withToken(`${id}.${mac.slice(0, -1)}`) },
    { what: "a link without its signature", url: withToken(`${id}.`) },
    { what: "a link that is only a number", url: withToken(id) },
    { what: "a link with a blank signature", url: withToken(`${id}.${"A".repeat(mac.length)}`) },
    { what: "a link to another record under this one's signature", url: withToken(`${other.id}.${mac}`) },
    { what: "a link under another record's signature", url: withToken(`${id}.${other.mac}`) },
    { what: "a link to a record that does not exist", url: withToken(`2147483647.${mac}`) },
  ];
}

function tokenOf(url: string): { readonly token: string; readonly id: string; readonly mac: string } {
  const token = new URL(url).pathname.split("/").at(-1) ?? "";
  const [id, mac] = token.split(".");
  assert(
    id !== undefined && mac !== undefined && mac.length > 21,
    "a signed link ends with a number and a signature",
  );
  return { token, id, mac };
}

/** Another character of the alphabet that changes at least one bit of the decoded signature. */
function changed(mac: string, at: number): string {
  const letter = mac.charAt(at) === "Q" ? "g" : "Q";
  return mac.slice(0, at) + letter + mac.slice(at + 1);
}
