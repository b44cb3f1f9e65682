import { Agent, request } from "node:https";
import { policyModel } from "@holdfast/framework/identity/policy-model";
import type { TestDatabase } from "@holdfast/framework/testing/database";
import type { CompanyServer } from "./company-server.ts";

/** Lets every try through to the hashing, so that it is the hashing that is measured and not the throttle. */
export function withoutThrottle(db: TestDatabase): Promise<void> {
  return db.data.writing(db.system(), async (env) => {
    const policies = env.of(policyModel);
    const values = { max_failures: 0, max_source_failures: 100_000, max_account_failures: 100_000 };
    const [row] = await policies.search([]);
    if (row === undefined) await policies.create([values]);
    else await policies.write([row], values);
  });
}

/** One try to sign in, through the door for clients with a session. @returns status inside: `ok`, `wrong` or `busy`. */
export async function trySignIn(
  server: CompanyServer,
  agent: Agent,
  who: { readonly login: string; readonly password: string },
): Promise<"ok" | "wrong" | "busy"> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "call", params: who });
  const text = await post(server, agent, body);
  if (text.includes('"result"')) return "ok";
  return text.includes("Too many") ? "busy" : "wrong";
}

function post(server: CompanyServer, agent: Agent, body: string): Promise<string> {
  const host = `${server.host}:${server.port}`;
  const headers = { host, origin: `https://${host}`, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: "127.0.0.1",
        // From elsewhere than the list that is measured: places are counted by source.
        localAddress: "127.0.0.9",
        port: server.port,
        servername: server.host,
        ca: server.caPem,
        checkServerIdentity: () => undefined,
        agent,
        path: "/web/session/authenticate",
        method: "POST",
        headers,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
        incoming.on("end", () => resolve(Buffer.concat(chunks).toString()));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Tries to sign in so often a second, whatever becomes of them, until it is stopped. */
export function flood(server: CompanyServer, perSecond: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const seen = { ok: 0, wrong: 0, busy: 0, failed: 0 };
  let n = 0;
  const timer = setInterval(() => {
    n += 1;
    trySignIn(server, agent, { login: `nobody${n % 50}`, password: `a wrong guess ${n}` }).then(
      (outcome) => void (seen[outcome] += 1),
      () => void (seen.failed += 1),
    );
  }, 1_000 / perSecond);
  return {
    seen,
    stop: () => {
      clearInterval(timer);
      agent.destroy();
    },
  };
}
