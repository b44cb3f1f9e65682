import { ExpectedError } from "@holdfast/kernel/errors";
import type { Configuration } from "openid-client";
import type { ExternalPerson } from "../providers/external-user.ts";
import type { Provider } from "../providers/provider.ts";

const maxGroups = 500;
/** Characters of a subject, as the standard bounds it. */
const maxSubject = 255;

/** What a sign-in elsewhere was begun with; kept in the browser, sealed. */
export interface BegunSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** The address to send the browser to, and what its answer must fit. PKCE, state and nonce, each of 256 random bits. */
export async function beginSignIn(
  client: Configuration,
  given: { readonly redirectUri: string; readonly random: () => string; readonly again: boolean },
): Promise<{ readonly address: string; readonly begun: BegunSignIn }> {
  const openid = await import("openid-client");
  const begun = { state: given.random(), nonce: given.random(), verifier: given.random() };
  const address = openid.buildAuthorizationUrl(client, {
    response_type: "code",
    redirect_uri: given.redirectUri,
    scope: "openid email profile",
    state: begun.state,
    nonce: begun.nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(begun.verifier),
    code_challenge_method: "S256",
    ...(given.again ? { prompt: "login", max_age: "0" } : {}),
  });
  return { address: address.href, begun };
}

/**
 * Exchanges the code and checks the identity token: signature by a key of the provider, issuer, audience, authorized
 * party, nonce, times; and that the answer is to this sign-in (state, `iss` of RFC 9207 where the provider sends it).
 *
 * @param answer - the address that the browser came back to, as the provider was told it.
 * @param again - the person was asked to sign in anew: the token must say that they did, just now.
 * @throws ExpectedError `unauthenticated` for whatever does not fit. Source: OpenID Connect Core 3.1.3.7; claim OWASP-6.
 */
export async function personOfAnswer(
  client: Configuration,
  provider: Provider,
  given: { readonly answer: URL; readonly begun: BegunSignIn; readonly again: boolean },
): Promise<ExternalPerson> {
  const openid = await import("openid-client");
  const { state, nonce, verifier } = given.begun;
  try {
    const tokens = await openid.authorizationCodeGrant(client, given.answer, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
      ...(given.again ? { maxAge: 60 } : {}),
    });
    const claims = tokens.claims();
    if (claims === undefined) throw new TypeError("there is no identity token");
    // The library checks it only beside several audiences; a token that was made for another client is none of ours.
    if (claims["azp"] !== undefined && claims["azp"] !== provider.client_id)
      throw new TypeError("the token was made for another client");
    // Nor does it mind an empty subject: everybody who has none would be the same user.
    if (claims.sub.length === 0 || claims.sub.length > maxSubject)
      throw new TypeError("the token is nobody's");
    const further = await furtherClaims(client, tokens.access_token, claims);
    // An address and the word that it was verified count together, from one answer: a word of one about another's none.
    const mail = claims["email"] === undefined ? further : claims;
    const known = { ...further, ...claims, email: mail["email"], email_verified: mail["email_verified"] };
    return personOf(provider, known, { issuer: claims.iss, subject: claims.sub });
  } catch (cause) {
    throw new ExpectedError("unauthenticated", "The provider's answer was not accepted.", { cause });
  }
}

/** Mail, name and groups, when the identity token leaves them to the provider's userinfo; of the same subject only. */
async function furtherClaims(
  client: Configuration,
  accessToken: string,
  claims: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const there = client.serverMetadata().userinfo_endpoint !== undefined;
  if (claims["email"] !== undefined || !there) return {};
  const { fetchUserInfo } = await import("openid-client");
  return fetchUserInfo(client, accessToken, String(claims["sub"]));
}

function personOf(
  provider: Provider,
  claims: Readonly<Record<string, unknown>>,
  { issuer, subject }: { readonly issuer: string; readonly subject: string },
): ExternalPerson {
  const mail = claims["email_verified"] === true ? textOf(claims["email"]) : "";
  const groups = provider.group_attribute === null ? undefined : claims[provider.group_attribute];
  return {
    issuer,
    subject,
    // Never from an address that nobody verified: a login is a name that others know a person by.
    login: mail,
    name: textOf(claims["name"]) || mail,
    verifiedMail: mail,
    groups: [groups ?? []].flat().slice(0, maxGroups).map(String),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" && value.isWellFormed() ? value.slice(0, 254) : "";
}
