import { erasable, erasePath } from "@holdfast/app-base/erase-routes";
import type { Reply, Route, RouteRequest } from "@holdfast/framework/http/route";

/**
 * Erasing a person where there are backups: the page is the software's, the work is control's, which writes the person
 * down first among those whom no restore brings back.
 */
export function eraseRoute(begin: (request: RouteRequest, partnerId: number) => Promise<Reply>) {
  return (routes: readonly Route[]): Route[] =>
    routes.map((route) =>
      route.path === erasePath && route.method === "POST"
        ? { ...route, handle: async (request) => begin(request, (await erasable(request)).id) }
        : route,
    );
}
