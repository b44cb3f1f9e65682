import type { ApiKeyOptions } from "@holdfast/framework/identity/identity";
import type { CompanyHost } from "./company-host.ts";

/** Calls the remote API from outside by API keys, as programs do. */
export function keyCaller(running: () => CompanyHost) {
  return {
    /** A new key of a user. */
    keyOf: async (options: ApiKeyOptions, login = "ann") => {
      const host = running();
      return host.tenant.identity.createApiKey(await host.userId(login), "test", options);
    },
    /** By the door for new programs: `<model>/<method>`. */
    async call(key: string, path: string, body: unknown, headers: Record<string, string> = {}) {
      const response = await fetch(`${running().url}/json/2/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}`, ...headers },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: await response.json(), headers: response.headers };
    },
    /** By the established door, the key in the place of ann's password. */
    async rpc(key: string, model: string, method: string, args: unknown[], kwargs = {}) {
      const host = running();
      const uid = await host.userId("ann");
      const params = {
        service: "object",
        method: "execute_kw",
        args: ["acme", uid, key, model, method, args, kwargs],
      };
      const response = await fetch(`${host.url}/jsonrpc`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, params }),
      });
      return { status: response.status, headers: response.headers, body: (await response.json()) as never };
    },
  };
}
