import { largestUploadBytes } from "@holdfast/protocol/upload-methods";

/** What unfinished uploads may take of this host, and for how long. */
export const uploadLimits = {
  /** Of one customer, by different people: nobody may have more than one. */
  ofCustomer: 3,
  inAll: 100,
  /** Of all unfinished uploads of one customer together: the largest there may be, and no more of the disk than this. */
  ofCustomerBytes: largestUploadBytes,
  ofCustomerShare: 1 / 16,
  /** Of all customers together, so that four large ones do not yet keep everybody out by themselves. */
  inAllBytes: 4 * largestUploadBytes,
  inAllShare: 1 / 4,
  /** So long after its last block an upload counts as large as it was announced; then with what is here of it. */
  announcedMs: 3_600_000,
  /** Without a new block. Whoever comes back the next day goes on. */
  idleMs: 24 * 3_600_000,
  /** From its beginning, however often it moved. */
  wholeMs: 7 * 24 * 3_600_000,
  /** Of the disk, left to the databases beside it whatever is uploaded. */
  freeShare: 0.05,
  freeBytes: 256 * 2 ** 20,
  /** How long what restores need, once looked up, holds: it changes with the backups of each day. */
  roomHoldsMs: 60_000,
  /** How often what is over is looked for. */
  sweepMs: 10 * 60_000,
} as const;
