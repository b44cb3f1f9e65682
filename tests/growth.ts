import type { Model } from "@holdfast/framework/model/model";
import { standardMethod } from "@holdfast/framework/remote/standard-methods";
import { administrator, callAllowed } from "./as-administrator.ts";
import type { AskedPage } from "./asked-pages.ts";
import type { CompanyHost } from "./company-host.ts";
import type { Rows } from "./every-method.ts";
import { argumentsOf, declaredMethods, standardArguments } from "./every-method.ts";
import type { RowMaker } from "./made-rows.ts";
import type { Scene } from "./related-rows.ts";

/** Something whose statements are counted, in one scene and in another. */
export interface Ask {
  readonly name: string;
  /** @returns what is counted; whatever it needs is done before. Null: there is nothing to ask. */
  ready(scene: Scene): Promise<(() => Promise<unknown>) | null>;
}

interface Surroundings {
  readonly host: CompanyHost;
  readonly maker: RowMaker;
}

/** The statements that ask whether what is under way may go on: by the clock, so that they count nowhere here. */
export async function standingTexts(host: CompanyHost): Promise<ReadonlySet<string>> {
  const userId = await host.userId("admin");
  const from = { source: "127.0.0.1", userAgent: "test" };
  const { sessionKey } = await host.tenant.identity.openSession(userId, from);
  const actor = await host.actor("admin");
  return new Set(await host.database.statements(() => host.tenant.identity.stands({ actor, sessionKey })));
}

/** Statements that `work` sends, but those. */
export async function sentBut(
  host: CompanyHost,
  texts: ReadonlySet<string>,
  work: () => Promise<unknown>,
): Promise<string[]> {
  return (await host.database.statements(work)).filter((text) => !texts.has(text));
}

/**
 * Counts all of them in a scene of few and then in one of many.
 *
 * @returns those that send more statements in the second, with the statements that are sent more often.
 */
export async function grown(
  by: Counting,
  asks: readonly Ask[],
  scenes: { readonly few: () => Promise<Scene>; readonly many: () => Promise<Scene> },
): Promise<ReadonlyMap<string, string>> {
  const less = await counted(by, asks, await scenes.few());
  const more = await counted(by, asks, await scenes.many());
  return new Map(
    asks.flatMap(({ name }) => {
      const [before = [], now = []] = [less.get(name), more.get(name)];
      return now.length > before.length ? [[name, repeated(before, now)] as const] : [];
    }),
  );
}

interface Counting {
  readonly host: CompanyHost;
  /** What {@link standingTexts} gave. */
  readonly asked: ReadonlySet<string>;
}

async function counted({ host, asked }: Counting, asks: readonly Ask[], scene: Scene) {
  const counts = new Map<string, string[]>();
  for (const ask of asks) {
    const run = await ask.ready(scene);
    if (run !== null) counts.set(ask.name, await sentBut(host, asked, run));
  }
  return counts;
}

function repeated(before: readonly string[], now: readonly string[]): string {
  const times = (texts: readonly string[], text: string) => texts.filter((one) => one === text).length;
  const lines = [...new Set(now)]
    .filter((text) => times(now, text) > times(before, text))
    .map(
      (text) =>
        `${times(before, text)}, then ${times(now, text)} times ${text.replace(/\s+/g, " ").slice(0, 200)}`,
    );
  return [`${before.length} statements, then ${now.length}`, ...lines].join("\n  ");
}

/** Every method that an app declares, called on the scene's record of its model. */
export function askedMethods(by: Surroundings): Ask[] {
  return declaredMethods(by.host.database.registry).map(({ model, name, full, on }) => ({
    name: full,
    async ready(scene) {
      const rows = rowsOf(by, model, scene);
      const given = (await argumentsOf(full, name)?.(rows)) ?? { args: on === "records" ? [rows.ids] : [] };
      const actor = await administrator(by.host);
      return () => callAllowed(by.host, actor, { model: model.name, method: name, ...given });
    },
  }));
}

/** What takes records away, in its order. */
export const takingVerbs = ["unlink", "trash_read", "trash_restore", "trash_delete"];

/** Verbs of every model, each called on the scene's record of it. */
export function askedVerbs(by: Surroundings, verbs: readonly string[]): Ask[] {
  const models = [...by.host.database.registry.models.values()];
  return verbs.flatMap((verb) =>
    models
      .filter((model) => standardMethod(model, verb) !== undefined)
      .map((model) => ({
        name: `${model.name}.${verb}`,
        async ready(scene: Scene) {
          const given = standardArguments[verb]?.(rowsOf(by, model, scene)) ?? null;
          const actor = await administrator(by.host);
          return given && (() => callAllowed(by.host, actor, { model: model.name, method: verb, ...given }));
        },
      })),
  );
}

function rowsOf({ host, maker }: Surroundings, model: Model, { anchors }: Scene): Rows {
  const { registry, data } = host.database;
  const id = anchors.get(model.name) ?? 0;
  return {
    registry,
    model,
    ids: [id],
    anchor: (name) => anchors.get(name) ?? 0,
    async read(field) {
      const [row] = await data
        .reading(host.database.system())
        .of(model)
        .read([id], [field as never]);
      return (row as Readonly<Record<string, unknown>> | undefined)?.[field];
    },
    fresh: (maxLength) => maker.fresh(maxLength),
  };
}

/** Pages, each asked for as a browser does. @param cookie - of the user of the scene. */
export function pageAsks(host: CompanyHost, pages: readonly AskedPage[], cookie: () => string): Ask[] {
  return pages.map((page, at) => ({
    name: `GET ${page.route}${pages.findIndex(({ route }) => route === page.route) === at ? "" : ` (${at})`}`,
    async ready(scene) {
      const path = await page.path(scene);
      const headers = { accept: "text/html", ...(page.by === "user" && { cookie: cookie() }) };
      return async () => {
        const answer = await fetch(host.url + path, { headers, redirect: "manual" });
        const body = await answer.text();
        if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}: ${body.slice(0, 300)}`);
      };
    },
  }));
}
