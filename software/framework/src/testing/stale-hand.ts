import { Hand } from "../model/records/hand.ts";

/** Lets transactions keep what they know of rows although it changed, until disposed of: a mistake that tests must notice. */
export function staleHand(): Disposable {
  const { forget } = Hand.prototype;
  Hand.prototype.forget = () => undefined;
  return {
    [Symbol.dispose]() {
      Hand.prototype.forget = forget;
    },
  };
}
