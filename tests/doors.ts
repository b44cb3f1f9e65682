import { xmlValue } from "@holdfast/framework/remote/xml-write";
import { type CompanyHost, passwords } from "./company-host.ts";

/** What came back, whole. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/** One of the four ways into the remote API, with the credentials that its own clients use. */
export interface Door {
  readonly name: string;
  call(
    model: string,
    method: string,
    args: readonly unknown[],
    kwargs?: Record<string, unknown>,
  ): Promise<Answer>;
  /** A body as it is, to the address where the door stands. */
  raw(body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Answer>;
}

const json = { "content-type": "application/json" };
const rpc = (params: unknown) => JSON.stringify({ jsonrpc: "2.0", method: "call", id: 7, params });
const xmlCall = (params: readonly unknown[]) =>
  `<?xml version="1.0"?><methodCall><methodName>execute_kw</methodName><params>${params.map((one) => `<param>${xmlValue(one)}</param>`).join("")}</params></methodCall>`;

/** Opens all four for one user of the company. */
export async function openDoors(host: CompanyHost, login: keyof typeof passwords): Promise<readonly Door[]> {
  const [key, uid] = [await host.key(login), await host.userId(login)];
  const cookie = await signIn(host, login);
  const post =
    (path: string, headers: Record<string, string>) =>
    async (body: string | Uint8Array<ArrayBuffer>, more: Record<string, string> = {}): Promise<Answer> => {
      const response = await fetch(host.url + path, {
        method: "POST",
        body,
        headers: { ...headers, ...more },
      });
      return { status: response.status, body: await response.text(), headers: response.headers };
    };
  const bearer = { ...json, authorization: `Bearer ${key}` };
  const session = post("/web/dataset/call_kw", { ...json, cookie, origin: host.url });
  const jsonRpc = post("/jsonrpc", json);
  const xmlRpc = post("/xmlrpc/2/object", { "content-type": "text/xml" });
  const who = ["acme", uid, key] as const;
  return [
    {
      name: "JSON-2",
      raw: post("/json/2/res.partner/search_read", bearer),
      call: (model, method, args, kwargs = {}) => {
        const path = `/json/2/${segment(model)}/${segment(method)}`;
        return post(path, bearer)(JSON.stringify({ ...namedFor(method, args), ...kwargs }));
      },
    },
    {
      name: "JSON-RPC",
      raw: jsonRpc,
      call: (model, method, args, kwargs = {}) =>
        jsonRpc(
          rpc({ service: "object", method: "execute_kw", args: [...who, model, method, args, kwargs] }),
        ),
    },
    {
      name: "XML-RPC",
      raw: xmlRpc,
      call: (model, method, args, kwargs = {}) => xmlRpc(xmlCall([...who, model, method, args, kwargs])),
    },
    {
      name: "session",
      raw: session,
      call: (model, method, args, kwargs = {}) => session(rpc({ model, method, args, kwargs })),
    },
  ];
}

/** An address cannot hold half a character: those go as their replacement. */
function segment(name: string): string {
  return encodeURIComponent(name.toWellFormed());
}

const namesOf: Readonly<Record<string, readonly string[]>> = {
  search: ["domain"],
  search_read: ["domain", "fields"],
  search_count: ["domain"],
  create: ["vals_list"],
  write: ["ids", "vals"],
};

/** JSON-2 knows no places: the same arguments by their names. */
function namedFor(method: string, args: readonly unknown[]): Record<string, unknown> {
  const names = namesOf[method] ?? ["ids"];
  return Object.fromEntries(args.slice(0, names.length).map((value, at) => [names[at], value]));
}

async function signIn(host: CompanyHost, login: keyof typeof passwords): Promise<string> {
  const response = await fetch(`${host.url}/web/session/authenticate`, {
    method: "POST",
    headers: { ...json, origin: host.url },
    body: rpc({ db: "acme", login, password: passwords[login] }),
  });
  const cookies = response.headers.getSetCookie().map((one) => one.split(";")[0]);
  if (cookies.length === 0) throw new Error(`${login} cannot sign in: ${await response.text()}`);
  return cookies.join("; ");
}
