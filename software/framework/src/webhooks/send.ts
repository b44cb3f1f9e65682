import { lookup } from "node:dns/promises";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { isIP } from "node:net";
import { isPublicAddress } from "../http/public-address.ts";
import { bareHost, targetProblem } from "./target.ts";

/** A message on its way. */
export interface OutgoingMessage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How a try ended. `gone`: the receiver wants no more of them; `failed`: may work later. */
export type DeliveryOutcome =
  | { readonly kind: "accepted"; readonly status: number }
  | { readonly kind: "gone"; readonly status: number; readonly reason: string }
  | { readonly kind: "failed"; readonly status: number | null; readonly reason: string };

/** How messages leave. */
export interface WebhookSender {
  send(message: OutgoingMessage): Promise<DeliveryOutcome>;
}

/** What a sender may be told otherwise: by tests, whose receivers stand on this machine. */
export interface SenderOptions {
  /** @returns whether a connection to the address may be made; only public ones when absent. */
  readonly mayConnect?: (address: string) => boolean;
  /** All addresses of a host name; the system's resolver when absent. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** PEM of authorities to trust besides the usual ones. */
  readonly ca?: string;
}

const sendMilliseconds = 10_000;
const maxReasonCharacters = 300;
const gone = 410;

/**
 * Posts messages over HTTPS. The name is resolved once, each address checked, and the connection made to a checked
 * address itself: what the name says a moment later does not matter. Redirects are not followed, answers not read.
 */
export function webhookSender(options: SenderOptions = {}): WebhookSender {
  const { mayConnect = isPublicAddress, resolve = addressesOf, ca } = options;
  return {
    async send(message) {
      try {
        const problem = options.mayConnect === undefined ? targetProblem(message.url) : undefined;
        if (problem !== undefined) return failed(problem);
        const url = new URL(message.url);
        const host = bareHost(url);
        // A name that is not there is told like one that leads inside: else failures would list this network's names.
        const addresses = isIP(host) === 0 ? await resolve(host).catch(() => []) : [host];
        const address = addresses.find((one) => mayConnect(one));
        if (address === undefined) return failed("The address leads into a private network, or nowhere.");
        return outcomeOf(await post(url, address, { ...message, ca }));
      } catch (error) {
        return failed(reasonOf(error));
      }
    },
  };
}

async function addressesOf(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/** @returns the status; whatever follows it is thrown away. */
function post(
  url: URL,
  address: string,
  { headers, body, ca }: OutgoingMessage & { readonly ca: string | undefined },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const name = bareHost(url);
    const outgoing = request({
      host: address,
      port: url.port === "" ? 443 : Number(url.port),
      path: url.pathname + url.search,
      method: "POST",
      agent: false,
      // The certificate must be that of the name, whatever address it led to.
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(ca === undefined ? {} : { ca }),
      minVersion: "TLSv1.2",
      signal: AbortSignal.timeout(sendMilliseconds),
      headers: {
        host: url.host,
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(body)),
        "user-agent": "Holdfast-Webhook/1",
        ...headers,
      },
    });
    outgoing.on("response", (response: IncomingMessage) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function outcomeOf(status: number): DeliveryOutcome {
  if (status >= 200 && status < 300) return { kind: "accepted", status };
  const reason = `It answered ${status}${status >= 300 && status < 400 ? "; redirects are not followed" : ""}.`;
  return status === gone ? { kind: "gone", status, reason } : { kind: "failed", status, reason };
}

function failed(reason: string): DeliveryOutcome {
  return { kind: "failed", status: null, reason };
}

/** The kind of failure alone: an error's message may hold addresses of this network. */
function reasonOf(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  if (name === "TimeoutError" || name === "AbortError")
    return `No answer within ${sendMilliseconds / 1_000} s.`;
  return `The connection failed (${String(code ?? name ?? "unknown")}).`.slice(0, maxReasonCharacters);
}
