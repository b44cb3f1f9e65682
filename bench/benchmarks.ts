import type { Benchmark } from "./benchmark.ts";

/** All benchmarks, by the name that `bin/bench` takes; a file is read only when it is asked for. */
export const benchmarks: Readonly<Record<string, () => Promise<{ readonly benchmark: Benchmark }>>> = {
  list: () => import("./list.ts"),
  backup: () => import("./backup.ts"),
  download: () => import("./download.ts"),
  create: () => import("./create.ts"),
  update: () => import("./update.ts"),
  million: () => import("./million.ts"),
  login: () => import("./login.ts"),
  enumeration: () => import("./enumeration.ts"),
};
