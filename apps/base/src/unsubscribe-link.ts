/** Purpose of the links by which a contact ends our mails; their holder is the role `link.unsubscribe`. */
export const unsubscribeLink = "unsubscribe";
export const unsubscribePath = "/unsubscribe/:token";
/** As long as the framework lets a link live: the foot of an old mail works too. */
export const unsubscribeLifeDays = 366;
