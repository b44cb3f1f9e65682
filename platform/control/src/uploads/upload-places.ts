import { Places } from "@holdfast/framework/http/admission";
import { ExpectedError } from "@holdfast/kernel/errors";

/**
 * Zips that are taken in at once: fewer than the agent has places for streams of bytes, so that slow senders leave
 * room for downloads, and one of each customer, so that none holds the places of all.
 */
export const uploadsAtOnce = { inAll: 4, ofCustomer: 1 } as const;

/** The places of one control process. */
export class UploadPlaces {
  readonly #places = new Places(uploadsAtOnce.inAll, uploadsAtOnce.ofCustomer);

  /** Holds a place for the work. @throws ExpectedError `too_many` when the customer, or everybody, has taken theirs. */
  async while<T>(
    customer: { readonly tenantId: string; readonly name: string },
    work: () => Promise<T>,
  ): Promise<T> {
    const leave = this.#places.take(customer.tenantId);
    if (leave === undefined) throw tooMany(customer.name, this.#places.taken >= uploadsAtOnce.inAll);
    try {
      return await work();
    } finally {
      leave();
    }
  }
}

function tooMany(name: string, areAllTaken: boolean): ExpectedError {
  return areAllTaken
    ? new ExpectedError("too_many", `${uploadsAtOnce.inAll} zips are being taken in already.`, {
        hint: "Try again in some minutes.",
      })
    : new ExpectedError("too_many", `Another zip is being taken in for "${name}" already.`, {
        hint: "Wait until it has ended, or cancel it.",
      });
}
