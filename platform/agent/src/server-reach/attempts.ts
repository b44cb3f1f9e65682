import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import type { Attempt } from "./attempt.ts";

/** In the folder of sockets, for everybody: which parts run. */
const publicFiles = ["supervisor.json"];
/** Of one folder so many are tried, the first by name: they stand for their like. */
const samples = 20;

/** All that there is on this host and is not the server's, as things to try; and what it needs, which must open. */
export function attemptsOf(
  folder: DataFolder,
  methods: { readonly all: readonly string[]; readonly needed: readonly string[] },
): Attempt[] {
  return [
    ...socketsAndFiles(folder),
    ...secrets(folder),
    ...foldersToWrite(folder),
    ...othersProcesses(folder),
    ...methods.all.map((target) => ({
      gain: `call ${target} of the agent`,
      target,
      act: "call" as const,
      needed: methods.needed.includes(target),
    })),
  ];
}

function socketsAndFiles(folder: DataFolder): Attempt[] {
  const needed = [folder.agentServerSocket, folder.controlServerSocket];
  return namesIn(folder.run).flatMap((name): Attempt[] => {
    const target = join(folder.run, name);
    const kind = statSync(target, { throwIfNoEntry: false });
    if (kind?.isSocket())
      return [
        {
          gain: "open a socket that is not its own",
          target,
          act: "connect",
          needed: needed.includes(target),
        },
      ];
    if (kind?.isDirectory())
      return [{ gain: "see into a folder of sockets", target, act: "list", needed: false }];
    if (publicFiles.includes(name)) return [];
    return [{ gain: "read a file of control", target, act: "read", needed: false }];
  });
}

function secrets(folder: DataFolder): Attempt[] {
  const closed = [
    folder.keystore,
    folder.replicas,
    folder.clusters && join(folder.clusters, "main"),
    join(folder.clusters, "control"),
    folder.vaults,
    folder.erased,
    folder.shredded,
    folder.catalogs,
    folder.proofs,
    folder.uploads,
    folder.outgoing,
    folder.logs,
  ];
  const read = (target: string, gain: string): Attempt => ({ gain, target, act: "read", needed: false });
  return [
    read(folder.rootKey, "read the root key"),
    read(join(folder.ca, "ca.key"), "read the key of the certificate authority"),
    read(folder.vaultsFile, "read the credentials of vaults"),
    ...closed
      .filter(existsSync)
      .flatMap((path): Attempt[] => [
        { gain: "see into a folder of the platform", target: path, act: "list", needed: false },
        ...namesIn(path).map((name) => read(join(path, name), "read a file of the platform")),
      ]),
    ...namesIn(folder.vaults).flatMap((vault): Attempt[] =>
      ["store", "incoming"].map((part) => ({
        gain: "see stored backups",
        target: join(folder.vaults, vault, part),
        act: "list",
        needed: false,
      })),
    ),
    ...namesIn(folder.files)
      .map(
        (name): Attempt => ({
          gain: "work on a customer's files",
          target: join(folder.files, name),
          act: "list",
          needed: !name.startsWith("."),
        }),
      )
      .filter(({ needed }) => needed),
  ].filter(({ target }) => existsSync(target));
}

function foldersToWrite(folder: DataFolder): Attempt[] {
  return [
    folder.root,
    folder.run,
    folder.ca,
    folder.clusters,
    folder.files,
    folder.uploads,
    folder.outgoing,
    folder.outbox,
    import.meta.dirname,
  ]
    .filter(existsSync)
    .map((target) => ({
      gain: "write in a folder that is not its own",
      target,
      act: "write",
      needed: false,
    }));
}

/** Processes of this installation: the agent, control, jobs, PostgreSQL's. */
function othersProcesses(folder: DataFolder): Attempt[] {
  const server = statSync(folder.agentServerSocket).gid;
  return namesIn("/proc", Number.POSITIVE_INFINITY)
    .filter((name) => /^\d+$/.test(name) && isOurs(name, folder) && groupOf(name) !== server)
    .flatMap((pid): Attempt[] => [
      { gain: "signal another part", target: pid, act: "signal", needed: false },
      ...["environ", "mem"].map(
        (file): Attempt => ({
          gain: "read the memory of another part",
          target: `/proc/${pid}/${file}`,
          act: "read",
          needed: false,
        }),
      ),
    ]);
}

function isOurs(pid: string, folder: DataFolder): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(folder.root);
  } catch {
    return false;
  }
}

function groupOf(pid: string): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.gid;
}

function namesIn(path: string, most = samples): string[] {
  return existsSync(path) ? readdirSync(path).sort().slice(0, most) : [];
}
