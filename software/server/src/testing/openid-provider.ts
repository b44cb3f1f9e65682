import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { request as ask, createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testCertificate } from "@holdfast/framework/testing/certificate";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { Provider } from "oidc-provider";

/** One person whom the provider knows. */
export interface OpenIdAccount {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
  readonly groups?: readonly string[];
}

/** How the provider's answer to the code is changed before it is sent: what a hostile or broken provider does. */
export type Tamper = (answer: Record<string, unknown>, signer: JWK) => Promise<Record<string, unknown>>;

/** A real OpenID provider over TLS, with a hostile wrapper around its token endpoint. */
export interface TestOpenIdProvider {
  readonly issuer: string;
  readonly caPem: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who is signed in at the provider from now on. */
  account: OpenIdAccount;
  tamper: Tamper | undefined;
  /** Changes the discovery document. */
  tamperDiscovery: ((document: Record<string, unknown>) => Record<string, unknown>) | undefined;
  /** What a person's browser does there. @returns the address that it is sent back to. */
  visit(address: string): Promise<string>;
  stop(): Promise<void>;
}

const clientSecret = "a secret of the client, long enough";

const mostProviders = 20;

/**
 * Starts one on a free port of `localhost`; people sign in there without being asked anything.
 *
 * @param origin - of our server, whose callbacks are allowed.
 */
export async function openIdProvider(origin: string, clientId = "holdfast"): Promise<TestOpenIdProvider> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-oidc-"));
  const certificate = testCertificate(folder, ["localhost"]);
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const signer = { ...(await exportJWK(privateKey)), alg: "ES256", use: "sig", kid: "first" };
  const redirectUris = Array.from(
    { length: mostProviders },
    (_, at) => `${origin}/web/oidc/${at + 1}/callback`,
  );
  let handle: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const server = createServer(
    { cert: certificate.certificatePem, key: certificate.keyPem },
    (request, response) => handle(request, response),
  );
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { readonly port: number };
  const issuer = `https://localhost:${port}`;
  const made: TestOpenIdProvider = {
    issuer,
    caPem: certificate.caPem,
    clientId,
    clientSecret,
    account: { sub: "nobody" },
    tamper: undefined,
    tamperDiscovery: undefined,
    visit: (address) => visit(address, { issuer, caPem: certificate.caPem }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        token_endpoint_auth_method: "client_secret_post",
        redirect_uris: redirectUris,
        id_token_signed_response_alg: "ES256",
      },
    ],
    jwks: { keys: [signer as never] },
    conformIdTokenClaims: false,
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    findAccount: async (_context, sub) => ({
      accountId: sub,
      claims: async () => ({ ...made.account, sub }),
    }),
    cookies: { keys: ["a key of the test"] },
    ttl: {
      Session: 600,
      Grant: 600,
      Interaction: 600,
      AccessToken: 600,
      AuthorizationCode: 60,
      IdToken: 600,
    },
  });
  const inner = provider.callback();
  handle = (request, response) => {
    if (request.url?.startsWith("/interaction/")) return void interact(provider, made, request, response);
    if (request.url === "/token" && made.tamper)
      return hostile(
        response,
        (answer) => made.tamper?.(answer, signer),
        () => inner(request, response),
      );
    if (request.url === "/.well-known/openid-configuration" && made.tamperDiscovery)
      return hostile(
        response,
        async (answer) => made.tamperDiscovery?.(answer),
        () => inner(request, response),
      );
    void inner(request, response);
  };
  return made;
}

/** Signs the account in and grants what the client asks: there is no person at this provider. */
async function interact(
  provider: Provider,
  { account, clientId }: TestOpenIdProvider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const grant = new provider.Grant({ accountId: account.sub, clientId });
  grant.addOIDCScope("openid email profile");
  const consent = { grantId: await grant.save() };
  await provider.interactionFinished(
    request,
    response,
    { login: { accountId: account.sub, ts: Math.floor(Date.now() / 1_000) }, consent },
    { mergeWithLastSubmission: false },
  );
}

/** Holds an answer back, changes it, and sends it. */
function hostile(
  response: ServerResponse,
  change: (answer: Record<string, unknown>) => Promise<Record<string, unknown> | undefined> | undefined,
  answer: () => unknown,
): void {
  const chunks: Buffer[] = [];
  const end = response.end.bind(response);
  const add = (chunk: unknown) => {
    if (chunk !== undefined && chunk !== null && typeof chunk !== "function")
      chunks.push(Buffer.from(chunk as string));
  };
  response.write = ((chunk: unknown) => {
    add(chunk);
    return true;
  }) as never;
  response.end = ((chunk: unknown) => {
    add(chunk);
    const text = Buffer.concat(chunks).toString();
    Promise.resolve(change(JSON.parse(text) as Record<string, unknown>))
      .then((changed) => {
        const body = JSON.stringify(changed);
        response.setHeader("content-length", Buffer.byteLength(body));
        end(body);
      })
      .catch(() => response.destroy());
    return response;
  }) as never;
  answer();
}

/** Follows redirects within the provider, keeping its cookies, until one leads away from it. */
async function visit(
  address: string,
  { issuer, caPem }: { readonly issuer: string; readonly caPem: string },
): Promise<string> {
  const cookies = new Map<string, string>();
  let url = address;
  for (let steps = 0; url.startsWith(`${issuer}/`); steps++) {
    if (steps === 10) throw new Error(`the provider goes round in circles at ${url}`);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const { location, set, body } = await new Promise<{
      location: string;
      set: readonly string[];
      body: string;
    }>((resolve, reject) => {
      const outgoing = ask(
        url,
        { ca: caPem, headers: cookie ? { cookie } : {}, agent: false, family: 4 },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("end", () =>
            resolve({
              location: incoming.headers.location ?? "",
              set: incoming.headers["set-cookie"] ?? [],
              body: Buffer.concat(chunks).toString(),
            }),
          );
        },
      );
      outgoing.on("error", reject).end();
    });
    if (location === "") throw new Error(`the provider leads nowhere: ${body.slice(0, 300)}`);
    for (const one of set) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(one) ?? [];
      cookies.set(name, value);
    }
    url = new URL(location, url).href;
  }
  return url;
}
