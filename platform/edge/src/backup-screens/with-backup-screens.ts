import type { Route } from "@holdfast/framework/http/route";
import type { App } from "@holdfast/framework/modules/app";

/**
 * The settings of a hosted customer have one more menu: the backups of their database. The software knows nothing of
 * them; its first app is handed to the server with the platform's pages beside its own.
 */
export function withBackupScreens(
  app: App,
  {
    routes,
    erasing,
  }: { readonly routes: readonly Route[]; readonly erasing: (own: readonly Route[]) => Route[] },
): App {
  if (app.name !== "base") return app;
  return {
    ...app,
    routes: [...erasing(app.routes ?? []), ...routes],
    menus: [
      ...(app.menus ?? []),
      {
        key: "settings.backups",
        label: "Backups",
        parent: "settings",
        page: "/backups",
        order: 15,
        groups: ["base.admin"],
      },
    ],
  };
}
