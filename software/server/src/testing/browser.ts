import { Agent, request } from "node:https";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cookies: readonly string[];
  readonly body: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Name in the handshake and, unless given, of the Host header. */
  readonly host?: string;
  /** Called when the server has taken the request in and waits for its body, which is sent after that. */
  readonly onTaken?: () => void;
}

/** A small browser for tests: real HTTPS, keeps cookies, says where it comes from when it posts a form. */
export class TestBrowser {
  readonly cookies = new Map<string, string>();
  readonly #port: number;
  readonly #caPem: string;
  readonly #host: string;
  readonly #agent: Agent;

  constructor(port: number, caPem: string, host: string) {
    this.#port = port;
    this.#caPem = caPem;
    this.#host = host;
    this.#agent = new Agent({ keepAlive: true });
  }

  get origin(): string {
    return `https://${this.#host}:${this.#port}`;
  }

  ask(path: string, asked: Asked = {}): Promise<Answer> {
    const host = asked.host ?? this.#host;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = {
      host: `${host}:${this.#port}`,
      accept: "text/html",
      ...(cookie ? { cookie } : {}),
      ...(asked.onTaken ? { expect: "100-continue" } : {}),
      ...asked.headers,
    };
    const { method = "GET" } = asked;
    const options = {
      host: "127.0.0.1",
      port: this.#port,
      servername: host,
      ca: this.#caPem,
      agent: this.#agent,
      path,
      method,
      headers,
    };
    return new Promise((resolve, reject) => {
      const outgoing = request({ ...options, checkServerIdentity: () => undefined }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
        incoming.on("end", () => {
          const cookies = incoming.headers["set-cookie"] ?? [];
          this.#keep(cookies);
          const flat = Object.fromEntries(
            Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
          );
          resolve({
            status: incoming.statusCode ?? 0,
            headers: flat,
            cookies,
            body: Buffer.concat(chunks).toString(),
          });
        });
      });
      outgoing.on("error", reject);
      const send = () => outgoing.end(asked.body);
      if (!asked.onTaken) return send();
      outgoing.once("continue", asked.onTaken).once("continue", send);
    });
  }

  /** Opens a page and posts its form as a browser does, with the page's token. */
  async submit(path: string, fields: Readonly<Record<string, string>>, asked: Asked = {}): Promise<Answer> {
    const page = await this.ask(path);
    return this.post(path, { csrf_token: tokenOf(page.body), ...fields }, asked);
  }

  post(path: string, fields: Readonly<Record<string, string>>, asked: Asked = {}): Promise<Answer> {
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      origin: this.origin,
      "sec-fetch-site": "same-origin",
      ...asked.headers,
    };
    return this.ask(path, {
      method: "POST",
      body: new URLSearchParams(fields).toString(),
      ...asked,
      headers,
    });
  }

  json(path: string, value: unknown, asked: Asked = {}): Promise<Answer> {
    const headers = {
      "content-type": "application/json",
      accept: "application/json",
      origin: this.origin,
      ...asked.headers,
    };
    return this.ask(path, { method: "POST", body: JSON.stringify(value), ...asked, headers });
  }

  close(): void {
    this.#agent.destroy();
  }

  #keep(cookies: readonly string[]): void {
    for (const cookie of cookies) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/Max-Age=0/.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

/** @returns the hidden token of a page's form. */
export function tokenOf(page: string): string {
  return /name="csrf_token" value="([^"]+)"/.exec(page)?.[1] ?? "";
}
