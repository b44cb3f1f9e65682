import { usersModel } from "@holdfast/framework/identity/models";
import { type CompanyHost, passwords } from "./company-host.ts";
import { type Door, openDoors } from "./doors.ts";
import type { Ask } from "./growth.ts";
import type { Scene } from "./related-rows.ts";

const lists = ["res.partner", "sale.order", "res.users"];

/** Lists by each door of the remote API, a sign-in that is right, and one of the scene's user that is wrong. */
export function doorAsks(host: CompanyHost): Ask[] {
  let opened: { readonly scene: Scene; readonly doors: Promise<readonly Door[]> } | undefined;
  const doorsIn = (scene: Scene) => {
    if (opened?.scene !== scene) opened = { scene, doors: openDoors(host, "bo") };
    return opened.doors;
  };
  const listed = ["JSON-2", "JSON-RPC", "XML-RPC", "the web client"].flatMap((_name, at) =>
    lists.map((model) => ({
      name: `door ${at + 1}: ${model}`,
      async ready(scene: Scene) {
        const door = (await doorsIn(scene))[at];
        return async () => mustBeAnswered(await door?.call(model, "search_read", [[]], { limit: 80 }));
      },
    })),
  );
  return [
    ...listed,
    { name: "sign in", ready: async () => signIn(host, "bo", passwords.bo) },
    {
      name: "sign in wrong",
      async ready({ anchors }) {
        const env = host.tenant.data.reading(host.database.system());
        const [user] = await env.of(usersModel).read([anchors.get("res.users") ?? 0], ["login"]);
        return signIn(host, user?.login ?? "", "not the password");
      },
    },
  ];
}

function signIn(host: CompanyHost, login: string, password: string): () => Promise<void> {
  const params = { db: host.tenant.name, login, password };
  return async () => {
    const answer = await fetch(`${host.url}/web/session/authenticate`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: host.url },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, params }),
    });
    const body = await answer.text();
    const isRight = login in passwords;
    if (isRight ? !body.includes('"uid"') : !body.includes("AccessDenied"))
      throw new Error(`signing in was answered: ${body.slice(0, 300)}`);
  };
}

/** A refusal would send few statements whatever there is. */
function mustBeAnswered(answer: { readonly status: number; readonly body: string } | undefined): void {
  if (answer?.status !== 200 || /"error"|<fault>/.test(answer.body))
    throw new Error(`it was answered ${answer?.status}: ${answer?.body.slice(0, 300)}`);
}
