import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import type { Tamper, TestOpenIdProvider } from "./openid-provider.ts";

/** Answers of a provider that is hostile or broken, by what is wrong with each: none may sign anybody in. */
export async function tamperedAnswers(
  openid: Pick<TestOpenIdProvider, "clientId" | "clientSecret">,
): Promise<Readonly<Record<string, Tamper>>> {
  const strange = await generateKeyPair("ES256", { extractable: true });
  const strangeKey: JWK = { ...(await exportJWK(strange.privateKey)), alg: "ES256", kid: "first" };
  const claims = signedAnew;
  const now = Math.floor(Date.now() / 1_000);
  return {
    "alg none": async (answer) => ({ ...answer, id_token: unsigned(String(answer["id_token"])) }),
    "alg none with the old signature": async (answer) => ({
      ...answer,
      id_token: `${unsigned(String(answer["id_token"]))}${String(answer["id_token"]).split(".")[2]}`,
    }),
    "HS256 with the client's secret": (answer) => symmetric(answer, openid.clientSecret),
    "HS256 with the public key": (answer, signer) =>
      symmetric(answer, JSON.stringify({ ...signer, d: undefined })),
    "another key under the known kid": claims({}, strangeKey),
    "an unknown kid": claims({}, undefined, { kid: "second" }),
    "a key in the token's own header": claims({}, strangeKey, { jwk: { ...strangeKey, d: undefined } }),
    "a changed claim under the old signature": async (answer) => ({
      ...answer,
      id_token: changed(String(answer["id_token"]), { sub: "somebody-else" }),
    }),
    "a signature cut off": async (answer) => ({
      ...answer,
      id_token: String(answer["id_token"]).slice(0, -8),
    }),
    "another issuer": claims({ iss: "https://evil.example" }),
    "another audience": claims({ aud: "another-client" }),
    "several audiences without azp": claims({ aud: [openid.clientId, "another-client"] }),
    "made for another client (azp)": claims({ azp: "another-client" }),
    "another nonce": claims({ nonce: "A".repeat(43) }),
    "no nonce": claims({ nonce: undefined }),
    expired: claims({ exp: now - 600, iat: now - 1_200 }),
    "no expiry": claims({ exp: undefined }),
    "not yet valid": claims({ nbf: now + 600 }),
    "no subject": claims({ sub: undefined }),
    "an empty subject": claims({ sub: "" }),
    "no identity token at all": async ({ id_token: _gone, ...answer }) => answer,
    "an encrypted-looking token": async (answer) => ({ ...answer, id_token: "a.b.c.d.e" }),
  };
}

/** The same answer signed anew, with the provider's own key unless told, after some claims were changed. */
export function signedAnew(changes: Readonly<Record<string, unknown>>, key?: JWK, header = {}): Tamper {
  return (answer, signer) => resigned(answer, key ?? signer, { changes, header });
}

function unsigned(token: string): string {
  const [, payload] = token.split(".");
  return `${Buffer.from(JSON.stringify({ alg: "none", kid: "first" })).toString("base64url")}.${payload}.`;
}

function claimsOf(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString());
}

function changed(token: string, changes: Readonly<Record<string, unknown>>): string {
  const [header, , signature] = token.split(".");
  const payload = Buffer.from(JSON.stringify({ ...claimsOf(token), ...changes })).toString("base64url");
  return `${header}.${payload}.${signature}`;
}

async function resigned(
  answer: Record<string, unknown>,
  key: JWK,
  { changes, header }: { readonly changes: Readonly<Record<string, unknown>>; readonly header: object },
): Promise<Record<string, unknown>> {
  const payload = JSON.parse(JSON.stringify({ ...claimsOf(answer["id_token"]), ...changes }));
  const signing = new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid: "first", ...header });
  return { ...answer, id_token: await signing.sign(await importJWK(key, "ES256")) };
}

async function symmetric(answer: Record<string, unknown>, secret: string): Promise<Record<string, unknown>> {
  const signing = new SignJWT(claimsOf(answer["id_token"])).setProtectedHeader({
    alg: "HS256",
    kid: "first",
  });
  return { ...answer, id_token: await signing.sign(new TextEncoder().encode(secret)) };
}
