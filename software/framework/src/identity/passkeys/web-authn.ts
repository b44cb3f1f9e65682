/** The library that reads what authenticators say; loaded with the first passkey, not with the server (180 ms). */
export function webAuthn(): Promise<typeof import("@simplewebauthn/server")> {
  return import("@simplewebauthn/server");
}
