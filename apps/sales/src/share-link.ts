/** Purpose of the links that show a quotation and cannot accept it; their holder is the role `link.sale_quotation_share`. */
export const shareLink = "sale_quotation_share";
export const sharePath = "/quotation/:token/shared";

/** What a share link is bound to: it opens nothing once the quotation is another customer's. */
export function customerOf(partnerId: number): string {
  return `customer ${partnerId}`;
}
