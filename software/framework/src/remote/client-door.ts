import { ExpectedError } from "@holdfast/kernel/errors";
import { gate } from "../access/gate.ts";
import { jsonReply } from "../http/reply.ts";
import type { Reply, Route, RouteRequest } from "../http/route.ts";
import { usersModel } from "../identity/models.ts";
import { messagesOf } from "../mail/messages.ts";
import type { Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";
import { visibleForm, visibleList, visibleMenus } from "../views/visible-view.ts";
import { describeFields } from "./field-description.ts";
import { remoteMoment } from "./remote-value.ts";
import { visibleFields } from "./visible-fields.ts";

const version = "0.1.0";

/** What our own browser half asks before it can draw anything. */
export const clientRoutes: readonly Route[] = [
  read("/web/app", "Who is signed in, and the menus that they may use", appDescription),
  read(
    "/web/model/:model",
    "Fields, views and rights of one model, as this user may see them",
    modelDescription,
  ),
  read("/web/log/:model/:id", "The log of one record, newest first", recordLog),
];

function read(path: string, summary: string, handle: Route["handle"]): Route {
  return { method: "GET", path, who: "user", csrf: "none", body: "none", bodyLimitBytes: 0, summary, handle };
}

async function appDescription(request: RouteRequest): Promise<Reply> {
  const env = request.reading();
  const { actor, tenant } = request;
  const userId = actor.userId ?? 0;
  const [user] = await env.system("tell a signed-in user about themselves", (system) =>
    system.of(usersModel).searchRead([["id", "=", userId]], ["name", "login", "company_id"], { limit: 1 }),
  );
  return jsonReply({
    user: {
      id: userId,
      name: user?.name ?? "",
      login: user?.login ?? "",
      groups: [...actor.groups],
      companyName: user?.company_id?.displayName ?? "",
    },
    tenant: { name: tenant.name, neutralized: tenant.neutralized },
    csrf: request.csrfToken(),
    apps: env.registry.apps.map(({ name, label }) => ({ name, label })),
    menus: visibleMenus(env),
    version,
  });
}

/** A model that one may not read is answered like one that is not there. */
async function modelDescription(request: RouteRequest): Promise<Reply> {
  const env = request.reading();
  const model = env.registry.models.get(request.params["model"] ?? "");
  const rights = model === undefined ? undefined : rightsOn(env, model);
  if (model === undefined || !rights?.read)
    throw new ExpectedError("not_found", "There is nothing here that you may see.");
  return jsonReply({
    model: model.name,
    label: model.label,
    displayName: model.displayName,
    fields: describeFields(env.registry, model, visibleFields(env, model)),
    list: visibleList(env, model),
    form: visibleForm(env, model),
    rights,
    trash: model.trash === true,
    chatter: visibleForm(env, model) !== null,
  });
}

function rightsOn(env: Environment, model: Model) {
  const access = gate(env.registry, env.actor);
  return {
    read: access.on(model, "read").allowed,
    write: access.on(model, "write").allowed,
    create: access.on(model, "create").allowed,
    unlink: access.on(model, "delete").allowed,
    export: access.on(model, "export").allowed,
    import: access.on(model, "import").allowed,
  };
}

async function recordLog(request: RouteRequest): Promise<Reply> {
  const id = Number(request.params["id"]);
  if (!Number.isInteger(id)) throw new ExpectedError("not_found", "There is nothing here that you may see.");
  const lines = await messagesOf(request.reading(), request.params["model"] ?? "", id);
  return jsonReply(
    lines.map((line) => ({
      id: line.id,
      kind: line.kind,
      subject: line.subject,
      body: line.body,
      author: line.author_id?.displayName ?? line.author_name,
      date: remoteMoment(line.date),
    })),
  );
}
