const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/**
 * Every bound of a backup and of what a restore accepts, in one place. An archive is treated as hostile: whatever it
 * states, it gets no more memory, entries, names or bytes than these.
 */
export const limits = {
  /** The largest entry of COPY data in the archive. */
  partBytes: 4 * MiB,
  partsPerTable: 1_000_000,
  tables: 5_000,
  /** PostgreSQL's own limit. */
  columnsPerTable: 1_600,
  sequences: 10_000,
  schemaBytes: 64 * MiB,
  /** head.json, tables.json, manifest.json. */
  documentBytes: 32 * MiB,
  files: 100_000_000,
  /** Of one batch in which files are sealed anew: how many are looked at, and how much is written. */
  resealLooked: 20_000,
  resealBytes: 1024 * MiB,
  /** The largest that one tar entry's size field holds is 8 GiB. */
  fileBytes: 4 * GiB,
  /** The largest vault object, and the most that one archive may unpack to. */
  objectBytes: 1024 * GiB,
  archiveBytes: 16 * 1024 * GiB,
  /** A zstd frame that asks for a larger window than 8 MiB is refused: level 3 uses 2 MiB. */
  zstdWindowLog: 23,
  /**
   * Node's zstd packs rows at 350 MB/s of one core at level 1 and at 80 at level 3; rows become no larger by it, prose
   * by an eighth (Node 26.10).
   */
  zstdLevel: 1,

  /** What waits in memory for one vault before the source is held back. */
  vaultQueueBytes: 1 * MiB,
  /** A disk that takes nothing for so long is given up; the other copies go on. */
  vaultStallMs: 60_000,
  /**
   * A vault over a network that says nothing for so long, from the connection's begin on, is silent; so is one that moves
   * less than this. A job hears so many silences of it, unless so much moved in between, and asks it no more.
   */
  vaultSilenceMs: 20_000,
  vaultLeastBytesPerSecond: 64 * KiB,
  vaultSilences: 2,
  vaultHeardBytes: 1 * MiB,
  /** How much longer S3 may take to put the parts of an upload together: minutes, says its documentation. */
  vaultCompleteTimes: 6,
  /** What is handed to a connection of S3 at once. */
  vaultPieceBytes: 64 * KiB,
  /** A separate keeper that has not taken an object over within this time counts as a failed copy. */
  keeperWaitMs: 60_000,
  keeperPollMs: 20,
  keeperLookMs: 100,
  /** Tries of a request to a vault over the network before it counts as away, and the pause after the first. */
  vaultAttempts: 3,
  vaultRetryMs: 250,
  keepaliveMs: 5_000,
  /** A request of SFTP that every server takes, and how many are on the way at once. */
  sftpRequestBytes: 32 * KiB,
  sftpRequests: 64,
  /** A resumed upload sends this much of what is there again. */
  resumeAgainBytes: 1 * MiB,
  remoteKeeperPollMs: 100,
  /** A vault that lists on and on is given up. A page of S3 has 1,000 objects. */
  vaultListPages: 10_000,
  /** What must stay free on a directory vault's disk, looked at before and while writing. */
  vaultFreeBytes: 256 * MiB,
  vaultFreeEveryBytes: 64 * MiB,

  /** From the wish to cancel to the end by force; what that leaves is removed by the agent and at its next start. */
  cancelGraceMs: 10_000,
  /** What PostgreSQL may use to sort a key while it is built. */
  indexMegabytes: 128,
  connectMs: 10_000,
  lockMs: 30_000,
  /** What a COPY may have read ahead of its consumer, so that server, packing and sealing work at the same time. */
  copyQueueBytes: 8 * MiB,
  /** What one page of a COPY holds, and so one part of the archive: small enough to stay in the processor's cache. */
  copyPageBytes: 1 * MiB,
  /** A small table needs no large page. */
  copyFirstPageBytes: 64 * KiB,
  /** Small pieces are gathered to so much before they go on: each costs a round through a thread or a disk. */
  gatherBytes: 256 * KiB,
  schemaDumpMs: 300_000,
} as const;
