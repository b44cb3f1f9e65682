import { totpCode } from "@holdfast/framework/identity/totp/totp";

/** A person's authenticator app: knows a secret as the set-up page shows it. */
export class AuthenticatorApp {
  readonly #secret: Uint8Array;

  /** @param page - of the set-up, with the key in it. */
  constructor(page: string) {
    const text = /<code class="secret">([A-Z2-7 ]+)<\/code>/.exec(page)?.[1]?.replaceAll(" ", "") ?? "";
    const bits = [...text]
      .map((sign) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign).toString(2).padStart(5, "0"))
      .join("");
    this.#secret = Uint8Array.from(bits.match(/.{8}/g) ?? [], (eight) => Number.parseInt(eight, 2));
  }

  /** The code of a moment. */
  code(nowMs: number): string {
    return totpCode(this.#secret, Math.floor(nowMs / 30_000));
  }
}
