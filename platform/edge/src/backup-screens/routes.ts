import { redirectReply } from "@holdfast/framework/http/reply";
import type { Reply, Route, RouteRequest } from "@holdfast/framework/http/route";
import { usersModel } from "@holdfast/framework/identity/models";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type BackupId, type Id, parseId, type TenantId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { type CallOptions, call } from "@holdfast/protocol/call";
import { download } from "@holdfast/protocol/call-bytes";
import { preflightRestore } from "@holdfast/protocol/control-methods";
import { customerNameSchema } from "@holdfast/protocol/ids";
import type { InputOf, Method, OutputOf } from "@holdfast/protocol/method";
import {
  ownBackups,
  ownCancel,
  ownErase,
  ownExtendCopy,
  ownLookAtParts,
  ownOperation,
  ownParts,
  ownPreflight,
  ownRemoveCopy,
  ownRestore,
  ownRestoreBeside,
  ownRestoreParts,
  ownTake,
  ownUndo,
} from "@holdfast/protocol/self-service-methods";
import { downloadBackup } from "@holdfast/protocol/transfer-methods";
import { backupPage, type Looked } from "./backup-page.ts";
import { checkPage } from "./check-page.ts";
import { eraseRoute } from "./erase-route.ts";
import { importRoutes } from "./import-routes.ts";
import { operationPage } from "./operation-page.ts";
import { overviewPage } from "./overview-page.ts";
import { modelField, partsPage } from "./parts-page.ts";
import { rangeOf } from "./range.ts";

const formBytes = 16_384;

/**
 * A customer's own backups, as pages of their own host: for its administrators. Which tenant it is comes from the
 * host name alone; control finds only what is that tenant's. Claims BAK-4, BAK-5.
 */
export function backupRoutes(
  { controlSocket, controlTenantId }: { readonly controlSocket: string; readonly controlTenantId: TenantId },
  clock: Clock,
): Route[] {
  const ask = <M extends Method>(method: M, input: InputOf<M>, options?: CallOptions): Promise<OutputOf<M>> =>
    call(controlSocket, method, input, options);
  const started = async (work: Promise<{ operationId: string }>): Promise<Reply> =>
    redirectReply(`/backups/operations/${(await work).operationId}`);
  return [
    page("/backups", "Backups of this database, for its administrators", async (request) =>
      tenantOf(request) === controlTenantId
        ? redirectReply("/web/platform.backup")
        : overviewPage(request, await ask(ownBackups, own(request)), clock.now()),
    ),
    form("/backups/take", "Take a backup now", async (request) =>
      started(ask(ownTake, { tenantId: tenantOf(request), by: await who(request) })),
    ),
    {
      ...form("/backups/undo", "Undo the last restore", async (request) =>
        started(
          ask(ownUndo, { ...own(request), confirm: field(request, "confirm"), by: await who(request) }),
        ),
      ),
      recent: true,
    },
    page("/backups/operations/:id", "How far a piece of work on backups is", async (request) =>
      operationPage(
        request,
        await ask(ownOperation, { ...own(request), operationId: idOf<"operation">(request) }),
        request.tenant.name,
      ),
    ),
    form("/backups/operations/:id/cancel", "Cancel a piece of work on backups", async (request) => {
      const operationId = idOf<"operation">(request);
      await ask(ownCancel, { ...own(request), operationId });
      return redirectReply(`/backups/operations/${operationId}`);
    }),
    ...importRoutes({ controlSocket, controlTenantId, who }),
    ...copyRoutes(ask, started),
    page(
      "/backups/check/:record",
      "Whether a backup can be restored over live, for operators of the panel",
      async (request) => checkPage(request, await examined(request, { controlTenantId, ask })),
      operator,
    ),
    page("/backups/:id", "One backup, its copies, and what can be done with it", async (request) => {
      const seen = await ask(ownBackups, own(request));
      const backup = seen.backups.find(({ backupId }) => backupId === request.params["id"]);
      if (!backup) throw new ExpectedError("not_found", "There is no such backup.");
      const looked = await look(() => ask(ownPreflight, { ...own(request), backupId: backup.backupId }));
      return backupPage(request, { backup, looked, name: seen.name, nowMs: clock.now() });
    }),
    ...restoreRoutes(ask, started),
    ...partsRoutes(ask, started),
    {
      ...page("/backups/:id/download", "A backup as a zip; ranges resume", (request) =>
        fetchZip(controlSocket, request, idOf<"backup">(request)),
      ),
      recent: true,
    },
  ];
}

/** What the page for erasing a person does where there are backups. */
export function erasing({
  controlSocket,
  controlTenantId,
}: {
  readonly controlSocket: string;
  readonly controlTenantId: TenantId;
}): (routes: readonly Route[]) => Route[] {
  return eraseRoute(async (request, partnerId) => {
    if (tenantOf(request) === controlTenantId)
      throw new ExpectedError("conflict", "People of the panel are removed from its users.");
    const by = await who(request);
    const { operationId } = await call(controlSocket, ownErase, { ...own(request), partnerId, by });
    return redirectReply(`/backups/operations/${operationId}`);
  });
}

type Ask = <M extends Method>(method: M, input: InputOf<M>, options?: CallOptions) => Promise<OutputOf<M>>;

function copyRoutes(ask: Ask, started: (work: Promise<{ operationId: string }>) => Promise<Reply>): Route[] {
  return [
    form("/backups/copies/extend", "Keep a copy on the side longer", async (request) => {
      await ask(ownExtendCopy, { ...own(request), copy: nameField(request, "copy") });
      return redirectReply("/backups");
    }),
    form("/backups/copies/remove", "Delete a copy on the side", (request) =>
      started(ask(ownRemoveCopy, { ...own(request), copy: nameField(request, "copy") })),
    ),
  ];
}

function restoreRoutes(
  ask: Ask,
  started: (work: Promise<{ operationId: string }>) => Promise<Reply>,
): Route[] {
  return [
    {
      ...form("/backups/:id/beside", "Restore a backup on the side", async (request) =>
        started(
          ask(ownRestoreBeside, {
            ...own(request),
            backupId: idOf<"backup">(request),
            as: nameField(request, "as"),
            by: await who(request),
          }),
        ),
      ),
      recent: true,
    },
    {
      ...form("/backups/:id/restore", "Restore a backup over the live database", async (request) =>
        started(
          ask(ownRestore, {
            ...own(request),
            backupId: idOf<"backup">(request),
            confirm: field(request, "confirm"),
            by: await who(request),
          }),
        ),
      ),
      recent: true,
    },
  ];
}

function partsRoutes(ask: Ask, started: (work: Promise<{ operationId: string }>) => Promise<Reply>): Route[] {
  const wish = async (request: RouteRequest) => ({
    ...own(request),
    backupId: idOf<"backup">(request),
    models: Object.keys(request.form).flatMap((name) =>
      name.startsWith(modelField("")) ? [name.slice(modelField("").length)] : [],
    ),
    mode: request.form["mode"] === "replace" ? ("replace" as const) : ("merge" as const),
    by: await who(request),
  });
  return [
    page("/backups/:id/parts", "Choose parts of a backup to bring back", async (request) => {
      const backup = await backupOf(ask, request);
      return partsPage(request, { backup, offered: await ask(ownParts, own(request)) });
    }),
    form("/backups/:id/parts", "See what chosen parts of a backup would change", async (request) => {
      const wanted = await wish(request);
      if (wanted.models.length === 0)
        throw new ExpectedError("invalid", "Nothing was chosen.", { hint: "Choose what to bring back." });
      return started(ask(ownLookAtParts, wanted));
    }),
    {
      ...form("/backups/:id/parts/restore", "Bring chosen parts of a backup back", async (request) =>
        started(ask(ownRestoreParts, { ...(await wish(request)), confirm: field(request, "confirm") })),
      ),
      recent: true,
    },
  ];
}

async function backupOf(ask: Ask, request: RouteRequest) {
  const seen = await ask(ownBackups, own(request));
  const backup = seen.backups.find(({ backupId }) => backupId === request.params["id"]);
  if (!backup) throw new ExpectedError("not_found", "There is no such backup.");
  return backup;
}

type Handle = (request: RouteRequest) => Promise<Reply>;

function page(path: string, summary: string, handle: Handle, allowed = administrator): Route {
  return {
    method: "GET",
    path,
    who: "user",
    csrf: "none",
    body: "none",
    bodyLimitBytes: 0,
    summary,
    handle: async (request) => handle(allowed(request)),
  };
}

function form(path: string, summary: string, handle: Handle): Route {
  return {
    method: "POST",
    path,
    who: "user",
    csrf: "token",
    body: "form",
    bodyLimitBytes: formBytes,
    summary,
    handle: async (request) => handle(administrator(request)),
  };
}

/** A backup holds what the administrator of all may see, so nobody else may come near it. */
function administrator(request: RouteRequest): RouteRequest {
  if (request.actor.groups.has("base.admin") && request.keyId === undefined) return request;
  throw new ExpectedError("access_denied", "Backups are for administrators of this database.", {
    hint: "Ask one of them.",
  });
}

function operator(request: RouteRequest): RouteRequest {
  if (request.actor.groups.has("panel.operator") && request.keyId === undefined) return request;
  throw new ExpectedError("access_denied", "This is for operators.");
}

/** The backup that an operator may read in the panel, looked at by control. Elsewhere there is no such page. */
async function examined(
  request: RouteRequest,
  { controlTenantId, ask }: { readonly controlTenantId: TenantId; readonly ask: Ask },
): Promise<Looked> {
  const id = Number(/^[1-9]\d{0,8}$/.exec(request.params["record"] ?? "")?.[0] ?? 0);
  const missing = new ExpectedError("not_found", "There is no such backup.");
  if (tenantOf(request) !== controlTenantId) throw missing;
  const [backup] = await request
    .reading()
    .of(Backup)
    .searchRead([["id", "=", id]], ["key", "database_name"], { limit: 1 });
  const backupId = parseId<"backup">(backup?.key ?? "");
  if (backup === undefined || backupId === undefined) throw missing;
  return look(() => ask(preflightRestore, { customer: backup.database_name, backupId }));
}

const tenantOf = (request: RouteRequest): TenantId => request.tenant.id as TenantId;
const own = (request: RouteRequest) => ({ tenantId: tenantOf(request) });
const field = (request: RouteRequest, name: string): string => (request.form[name] ?? "").slice(0, 100);

function nameField(request: RouteRequest, name: string): string {
  const parsed = customerNameSchema.safeParse(field(request, name).trim());
  if (parsed.success) return parsed.data;
  throw new ExpectedError("invalid", `A name ${parsed.error.issues[0]?.message ?? "is missing"}.`);
}

function idOf<Kind extends string>(request: RouteRequest): Id<Kind> {
  const id = parseId<Kind>(request.params["id"] ?? "");
  if (id === undefined) throw new ExpectedError("not_found", "There is nothing here.");
  return id;
}

async function who(request: RouteRequest): Promise<string> {
  const userId = request.actor.userId ?? 0;
  const [user] = await request
    .reading()
    .system("say who works with backups", (system) => system.of(usersModel).read([userId], ["login"]));
  return `${user?.login ?? "somebody"} from ${request.source}`.slice(0, 300);
}

async function look(work: () => Promise<Extract<Looked, { kind: "seen" }>["preflight"]>): Promise<Looked> {
  try {
    return { kind: "seen", preflight: await work() };
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return { kind: "refused", message: error.message, hint: error.hint ?? null };
  }
}

/** The zip is the same every time, so its tag is the backup's id and a range of it can be asked for. RFC 9110, 14. */
async function fetchZip(controlSocket: string, request: RouteRequest, backupId: BackupId): Promise<Reply> {
  const tag = `"${backupId}-1"`;
  const range = rangeOf(request.headers["range"], request.headers["if-range"], tag);
  const { head, body } = await download(controlSocket, downloadBackup, {
    of: { tenantId: tenantOf(request) },
    backupId,
    by: await who(request),
    fromByte: range?.fromByte ?? 0,
    toByte: range?.toByte ?? null,
  });
  const common = {
    "content-type": "application/zip",
    "content-disposition": `attachment; filename="${head.fileName}"`,
    "accept-ranges": "bytes",
    "cache-control": "no-store",
    etag: tag,
  };
  if (range === null)
    return { status: 200, headers: { ...common, "content-length": String(head.bytes) }, body };
  const last = Math.min(range.toByte ?? head.bytes, head.bytes) - 1;
  if (range.fromByte > last) {
    body.destroy();
    return { status: 416, headers: { ...common, "content-range": `bytes */${head.bytes}` } };
  }
  return {
    status: 206,
    headers: {
      ...common,
      "content-length": String(last - range.fromByte + 1),
      "content-range": `bytes ${range.fromByte}-${last}/${head.bytes}`,
    },
    body,
  };
}
