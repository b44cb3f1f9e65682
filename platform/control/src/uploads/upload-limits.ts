/** What unfinished uploads may take of this host, and for how long. */
export const uploadLimits = {
  /** Of one customer, by different people: nobody may have more than one. */
  ofCustomer: 3,
  inAll: 100,
  /** Without a new block. Whoever comes back the next day goes on. */
  idleMs: 24 * 3_600_000,
  /** From its beginning, however often it moved. */
  wholeMs: 7 * 24 * 3_600_000,
  /** Of the disk, left to the databases beside it whatever is uploaded. */
  freeShare: 0.05,
  freeBytes: 256 * 2 ** 20,
  /** How often what is over is looked for. */
  sweepMs: 10 * 60_000,
} as const;
