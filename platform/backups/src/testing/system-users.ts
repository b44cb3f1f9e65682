import { execFileSync } from "node:child_process";

/** The ids of a system user that every Debian has. */
export function systemUserIds(name: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
