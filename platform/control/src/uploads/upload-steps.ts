/**
 * What is done with a zip that comes by pieces, by what becomes of it; each in the order in which it happens. Fault
 * tests step in before and after each: a new step joins by itself, and one that is never passed is a failed fault.
 */
export const uploadSteps = {
  sending: ["begin", "keep a block"],
  toNewCustomer: ["note the new customer", "make the new customer"],
  takingIn: [
    "note the backup",
    "write it to the vaults",
    "keep what was written",
    "read it back",
    "keep the copies",
  ],
  restoring: ["ask for the restore", "note the restore"],
  refusing: ["let the new customer go"],
  ending: ["note how it ended", "forget the bytes"],
  dropping: ["drop"],
} as const;

/** See {@link uploadSteps}. */
export type UploadStep = (typeof uploadSteps)[keyof typeof uploadSteps][number];

/** Where a fault test steps in; see `failAt`. */
export const uploadPoints = (step: UploadStep): string[] => [`upload/${step}/begin`, `upload/${step}/done`];

/** Does one step, past its two points. */
export async function uploadStep<T>(
  { failpoint }: { readonly failpoint: (name: string) => void },
  step: UploadStep,
  work: () => T | Promise<T>,
): Promise<T> {
  const [begin = "", done = ""] = uploadPoints(step);
  failpoint(begin);
  const result = await work();
  failpoint(done);
  return result;
}
