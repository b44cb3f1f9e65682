import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Undoes a harm. */
export type Mend = () => void;

const run = (command: string, ...words: string[]): void =>
  void execFileSync(command, words, { stdio: ["ignore", "ignore", "pipe"] });

/** Why no file systems can be mounted here; undefined where they can: harm to disks is real or not done. */
export function mountsRefused(): string | undefined {
  if (process.getuid?.() !== 0) return "only root can mount small disks";
  const folder = mkdtempSync(join(tmpdir(), "hf-mount-"));
  try {
    run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder);
    run("umount", folder);
    return undefined;
  } catch {
    return "this machine lets nobody mount small disks";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A disk so small (or with so few files) over a folder that stays empty otherwise; its owner and mode stay. */
export function smallDiskOver(folder: string, options: string): Mend {
  const { uid, gid, mode } = statSync(folder);
  run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder);
  chownSync(folder, uid, gid);
  chmodSync(folder, mode & 0o7777);
  return () => run("umount", "-l", folder);
}

/** The same with all that is in the folder copied onto it first. */
export function fullDiskOver(folder: string, roomBytes: number): Mend {
  const aside = mkdtempSync(join(tmpdir(), "hf-aside-"));
  run("cp", "-a", `${folder}/.`, aside);
  const used = Number(execFileSync("du", ["-sk", aside], { encoding: "utf8" }).split("\t")[0]) * 1024;
  const mend = smallDiskOver(folder, `size=${used + roomBytes}`);
  run("cp", "-a", `${aside}/.`, folder);
  rmSync(aside, { recursive: true, force: true });
  return mend;
}

/** As a disk that was mounted again read-only after an error. */
export function readOnly(folder: string): Mend {
  run("mount", "--bind", folder, folder);
  run("mount", "-o", "remount,ro,bind", folder);
  return () => run("umount", "-l", folder);
}

/** As when nothing is mounted: the folder is there, and empty. */
export function unmounted(folder: string): Mend {
  renameSync(folder, `${folder}.away`);
  mkdirSync(folder, { mode: 0o755 });
  return () => {
    rmSync(folder, { recursive: true, force: true });
    renameSync(`${folder}.away`, folder);
  };
}

/** As when the mount point itself is gone. */
export function gone(folder: string): Mend {
  renameSync(folder, `${folder}.away`);
  return () => {
    rmSync(folder, { recursive: true, force: true });
    renameSync(`${folder}.away`, folder);
  };
}

/** As when somebody took the writer's right away. */
export function forbidden(folder: string): Mend {
  const { uid, gid } = statSync(folder);
  chownSync(folder, 0, 0);
  return () => chownSync(folder, uid, gid);
}

/** A stored object is replaced by whatever `make` puts in its place; the former one comes back. */
export function replaced(object: string, make: (path: string) => void): Mend {
  renameSync(object, `${object}.aside`);
  make(object);
  return () => {
    rmSync(object, { recursive: true, force: true });
    renameSync(`${object}.aside`, object);
  };
}

/** Two objects change places. */
export function swapped(one: string, other: string): Mend {
  const change = (): void => {
    renameSync(one, `${one}.aside`);
    renameSync(other, one);
    renameSync(`${one}.aside`, other);
  };
  change();
  return change;
}

/** A copy of an object under another's name. */
export function copied(from: string): (path: string) => void {
  return (path) => cpSync(from, path);
}
