import { ApiFailure } from "./failure.ts";

/** Where the API is, and who calls. */
export interface ClientOptions {
  /** `https://acme.example`. */
  readonly url: string;
  /** An API key; in a browser one that may only read, or none at all. */
  readonly key: string;
  /** The platform's own when absent. */
  readonly fetch?: typeof fetch;
  /** Longest wait for one answer, in milliseconds; 30,000 when absent. */
  readonly timeoutMilliseconds?: number;
}

const usualTimeout = 30_000;
const maxAttempts = 3;
/** Longer waits are the caller's to decide. */
const maxWaitSeconds = 60;

/** One call. */
export interface ApiCall {
  readonly model: string;
  readonly method: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** A change under a key is made once, so that it may be sent again. */
  readonly once?: string | undefined;
  /** Reading may be sent again without one. */
  readonly reads: boolean;
}

/**
 * Posts a call. Told to wait (429, 503) or without an answer it tries again, three times in all, where a repetition
 * does nothing twice.
 *
 * @throws ApiFailure
 */
export async function send(options: ClientOptions, call: ApiCall): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sendOnce(options, call);
    } catch (error) {
      const wait = waitSeconds(error, attempt);
      const repeatable = call.reads || call.once !== undefined;
      if (wait === undefined || !repeatable || attempt === maxAttempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait * 1_000));
    }
  }
}

function waitSeconds(error: unknown, attempt: number): number | undefined {
  if (!(error instanceof ApiFailure)) return undefined;
  if (error.status === 0) return attempt / 2;
  if (error.status !== 429 && error.status !== 503) return undefined;
  const wait = error.retryAfterSeconds ?? attempt;
  return wait <= maxWaitSeconds ? wait : undefined;
}

async function sendOnce(options: ClientOptions, { model, method, input, once }: ApiCall): Promise<unknown> {
  const address = `${options.url.replace(/\/+$/, "")}/json/2/${encodeURIComponent(model)}/${encodeURIComponent(method)}`;
  const response = await (options.fetch ?? fetch)(address, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${options.key}`,
      ...(once === undefined ? {} : { "idempotency-key": once }),
    },
    body: JSON.stringify(input),
    redirect: "error",
    credentials: "omit",
    signal: AbortSignal.timeout(options.timeoutMilliseconds ?? usualTimeout),
  }).catch((cause: unknown) => {
    throw new ApiFailure(0, { message: "The server did not answer.", kind: "unreachable", cause });
  });
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body;
  throw failureOf(response, body);
}

function failureOf(response: Response, body: unknown): ApiFailure {
  const told = (body as { readonly error?: unknown } | null)?.error ?? body ?? {};
  const { message, name, code, hint, about } = told as Readonly<Record<string, unknown>>;
  const wait = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new ApiFailure(response.status, {
    message: typeof message === "string" ? message : `The server answered ${response.status}.`,
    kind: String(name ?? code ?? response.status),
    hint: typeof hint === "string" ? hint : undefined,
    about: typeof about === "object" && about !== null ? (about as Record<string, unknown>) : undefined,
    retryAfterSeconds: Number.isFinite(wait) ? wait : undefined,
  });
}
