declare const htmlMark: unique symbol;

/** Escaped markup. Made only by the `html` tag (see html-tag.ts) and by the counted `raw` mark. */
export interface Html {
  readonly [htmlMark]: true;
  toString(): string;
}
