import { AssertionFailed, assert } from "@holdfast/kernel/assert";
import type { Route } from "./route.ts";

/** A route that a request met, with what its `:segments` took. */
export interface RouteMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export interface RouteTable {
  readonly routes: readonly Route[];
  /** @returns the route; the methods of the path when none has this one; null when no route has the path. */
  match(method: string, path: string): RouteMatch | { readonly allow: readonly string[] } | null;
}

interface Branch {
  readonly exact: Map<string, Branch>;
  param?: Branch;
  /** Routes that end here, by method. */
  readonly ends: Map<string, Route>;
  /** Routes that take all that follows. */
  readonly rests: Map<string, Route>;
}

const maxSegments = 32;
const maxPathLength = 2_048;
const segmentPattern = /^(?:[:*][a-zA-Z][a-zA-Z0-9]*|[A-Za-z0-9._-]+)$/;

/**
 * Builds the table of all routes. Exact segments go before `:name`, which goes before a last `*name`.
 *
 * @throws AssertionFailed at start on a second route of one method and path, and on a row that guards nothing.
 */
export function routeTable(routes: readonly Route[]): RouteTable {
  const root = branch();
  for (const route of routes) {
    checkRow(route);
    insert(root, route);
  }
  return { routes, match: (method, path) => match(root, method, path) };
}

function branch(): Branch {
  return { exact: new Map(), ends: new Map(), rests: new Map() };
}

function checkRow(route: Route): void {
  const name = `${route.method} ${route.path}`;
  const changing = route.method !== "GET" && route.method !== "OPTIONS";
  assert(route.summary !== "", `the route ${name} has a summary`);
  assert(changing || route.body === "none", `the route ${name} takes no body`);
  assert(changing || route.csrf === "none", `the route ${name} changes nothing and needs no CSRF check`);
  assert(route.recent !== true || route.who === "user", `the route ${name} knows who is to confirm`);
  assert(
    (route.who === "link") === (route.linkPurpose !== undefined),
    `the route ${name} says which links open it`,
  );
  assert(route.who !== "link" || route.path.includes("/:token"), `the route ${name} has a :token`);
  assert(
    !changing || route.who === "anyone" || route.csrf !== "none" || route.oneClick === true,
    `the route ${name} checks for forged requests`,
  );
  assert(
    route.oneClick !== true || (route.who === "link" && changing && route.csrf === "none"),
    `the route ${name} is opened by a link alone`,
  );
  assert(
    route.programs !== true || (route.method === "GET" && route.who === "user"),
    `the route ${name} is read by programs that somebody has signed in`,
  );
  assert(route.csrf !== "token" || route.body === "form", `the route ${name} finds its token in a form`);
  assert(
    route.overlapped !== true || (route.csrf !== "token" && route.body === "json" && route.recent !== true),
    `the route ${name} can run again: its body is read whole, its guards need no caller`,
  );
  // What a narrow key may open, and whether anybody has to be signed in, is asked before the handler begins: of the
  // caller as last seen, and by then of nobody. Such a handler leaves both to the data layer and its own answer.
  assert(
    route.overlapped !== true || (route.scopedKeys === true && route.who === "anyone"),
    `the route ${name} asks nothing of its caller before the check of who they are has answered`,
  );
}

function insert(root: Branch, route: Route): void {
  let at = root;
  const segments = segmentsOf(route.path);
  for (const [i, segment] of segments.entries()) {
    assert(segmentPattern.test(segment), `"${segment}" is a segment of a route`);
    if (segment.startsWith("*")) {
      assert(i === segments.length - 1, `"${segment}" is the last segment of ${route.path}`);
      return end(at.rests, route);
    }
    at = segment.startsWith(":") ? (at.param ??= branch()) : next(at.exact, segment);
  }
  end(at.ends, route);
}

function next(branches: Map<string, Branch>, segment: string): Branch {
  let found = branches.get(segment);
  if (found === undefined) branches.set(segment, (found = branch()));
  return found;
}

function end(routes: Map<string, Route>, route: Route): void {
  const other = routes.get(route.method);
  if (other !== undefined)
    throw new AssertionFailed(
      `two routes answer ${route.method} ${route.path}: "${other.summary}", "${route.summary}"`,
    );
  routes.set(route.method, route);
}

function match(root: Branch, method: string, path: string): ReturnType<RouteTable["match"]> {
  if (path.length > maxPathLength || !path.startsWith("/")) return null;
  const segments = segmentsOf(path);
  if (segments.length > maxSegments) return null;
  const found = descend(root, segments, 0);
  if (found === null) return null;
  const route = found.get(method === "HEAD" ? "GET" : method);
  if (route === undefined) return { allow: [...found.keys()] };
  const params = paramsOf(route, segments);
  return params === undefined ? null : { route, params };
}

/** At most two ways at each segment and at most 32 segments deep in a table that we wrote: no blow-up from outside. */
function descend(at: Branch, segments: readonly string[], depth: number): ReadonlyMap<string, Route> | null {
  const segment = segments[depth];
  if (segment === undefined) return at.ends.size > 0 ? at.ends : null;
  const exact = at.exact.get(segment);
  const found = exact && descend(exact, segments, depth + 1);
  if (found) return found;
  const byParam = at.param && segment !== "" ? descend(at.param, segments, depth + 1) : null;
  return byParam ?? (at.rests.size > 0 ? at.rests : null);
}

function paramsOf(route: Route, segments: readonly string[]): Readonly<Record<string, string>> | undefined {
  const params: Record<string, string> = Object.create(null);
  for (const [i, name] of segmentsOf(route.path).entries()) {
    if (!/^[:*]/.test(name)) continue;
    const value = decoded(name.startsWith("*") ? segments.slice(i).join("/") : (segments[i] ?? ""));
    if (value === undefined) return undefined;
    params[name.slice(1)] = value;
  }
  return params;
}

/** @returns undefined for broken escapes and for characters that no path of ours has. */
function decoded(segment: string): string | undefined {
  try {
    const text = decodeURIComponent(segment);
    return /[\u0000-\u001f\u007f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function segmentsOf(path: string): string[] {
  const segments = path.split("/").slice(1);
  if (segments.length > 1 && segments.at(-1) === "") segments.pop();
  return segments.length === 1 && segments[0] === "" ? [] : segments;
}
