/** Prints the framework's routes for docs/routes.txt: `node software/server/src/print-routes.ts > docs/routes.txt`. */
import { routeList } from "@holdfast/framework/http/route-list";
import { frameworkRoutes } from "./framework-routes.ts";

process.stdout.write(routeList(frameworkRoutes));
