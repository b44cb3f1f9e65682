/** Whom a process runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** Groups besides its own; none unless said. */
  readonly groups?: readonly number[];
}

/** Of util-linux, which every Debian has: Node itself can start a process in one group only. */
const setpriv = "/usr/bin/setpriv";

/**
 * The words that stand before a program so that it runs as somebody and can never become anybody else; none where we
 * are not root, since then everything is one user. The process keeps its number, its channels and its environment.
 */
export function launcher(account: Account | undefined): readonly string[] {
  if (account === undefined || process.getuid?.() !== 0) return [];
  const { uid, gid, groups = [] } = account;
  const others = groups.length === 0 ? "--clear-groups" : `--groups=${groups.join(",")}`;
  return [setpriv, `--reuid=${uid}`, `--regid=${gid}`, others, "--no-new-privs", "--"];
}
