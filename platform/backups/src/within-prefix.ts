import { constants } from "node:fs";
import { chmod, type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";

/**
 * Works in one of the inner folders of a file store, made when it is missing and as open as the store itself: its group
 * is shared by the server and by us. The other one may write there too, so the folder is held open and named by what is
 * held: a link laid in its place meanwhile leads nowhere.
 *
 * @param work - gets a path that means the held folder as long as it runs.
 * @throws ExpectedError `conflict` when something else lies there.
 */
export async function withinPrefix<T>(
  store: string,
  prefix: string,
  work: (place: string) => Promise<T>,
): Promise<T> {
  const path = join(store, prefix);
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  const folder = await openFolder(path);
  try {
    const place = `/proc/self/fd/${folder.fd}`;
    if (made !== undefined) await chmod(place, (await stat(store)).mode & 0o2770);
    return await work(place);
  } finally {
    await folder.close();
  }
}

async function openFolder(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (cause) {
    throw new ExpectedError("conflict", "what lies in the place of a folder of stored files is none", {
      hint: "find out who put it there, then remove it",
      cause,
    });
  }
}
