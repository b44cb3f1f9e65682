/** Cookies of ours: bound to one host, never sent in clear, never seen by script. Source: RFC 6265bis, claim PWD-3. */
export const cookieNames = {
  session: "__Host-session_id",
  /** Binds the forms of a visitor who is not signed in to their browser. */
  visitor: "__Host-visitor",
  /** A sign-in whose second factor is awaited. */
  pending: "__Host-signin",
  /** A sign-in that is under way at another provider; sealed. */
  elsewhere: "__Host-elsewhere",
  /** Says that a user signed in on this device before. */
  device: "__Host-device",
} as const;

/** What clients without a browser send back after they read the session's id from the answer. */
export const bareSessionCookie = "session_id";

const maxCookies = 50;

/** @returns the cookies by name; of two with one name the first, as browsers send the more specific first. */
export function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (header ?? "").split(";", maxCookies)) {
    const at = part.indexOf("=");
    const name = part.slice(0, at).trim();
    if (at > 0 && !cookies.has(name)) cookies.set(name, part.slice(at + 1).trim());
  }
  return cookies;
}

/** @param maxAgeSeconds - absent: until the browser closes; 0: remove it now. */
export function hostCookie(name: string, value: string, maxAgeSeconds?: number): string {
  const age = maxAgeSeconds === undefined ? "" : `; Max-Age=${maxAgeSeconds}`;
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`;
}
