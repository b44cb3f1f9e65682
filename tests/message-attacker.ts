import { dispatch } from "@holdfast/framework/remote/dispatch";
import { ExpectedError } from "@holdfast/kernel/errors";
import { leastSecret, mostSecret, type Scene, stranger } from "./message-scene.ts";

/** What she found out, by way, and everything that she was told on the way. */
export interface Booty {
  readonly found: ReadonlyMap<string, number | undefined>;
  readonly told: readonly string[];
}

const outside = "ann@elsewhere.example";

/** What Ann does, who may see neither: everything that writes a line or sends a mail, to an address of hers; and questions. */
export async function annAttacks(scene: Scene, bosOrder: number): Promise<Booty> {
  const told: string[] = [];
  const eyes = await eyesOf(scene, told);
  const { ask, logOf } = eyes;
  const mine = await scene.mails.quotation();
  const mail = await mailsOf(scene, eyes, mine);
  told.push(mail);
  const about = ["product.template", "product.product", "res.partner"];
  for (const model of about) for (const id of await idsOf(ask, model)) await logOf(model, id);
  const where = ["res_id", "=", bosOrder];
  const found = new Map<string, number | undefined>([
    ["cost by history", costIn(await logOf("sale.order", mine))],
    ["cost by mail", costIn(mail)],
    ["limit by history", limitIn(await logOf("sale.order", bosOrder))],
    ["limit by lines", await halve(ask, "mail.message", where, "subject", "limit ")],
    ["limit by outgoing mails", await halve(ask, "mail.mail", where, "email_to", "limit-")],
  ]);
  await askTables(ask);
  return { found, told: told.map(plain) };
}

interface Eyes {
  readonly ask: Ask;
  logOf(model: string, id: number): Promise<string>;
}

/** What she asks; all answers are added to what she was told. */
async function eyesOf({ host, data, messagesOf }: Scene, told: string[]): Promise<Eyes> {
  // Without rights that administrators add, of which there are none: what is compiled for them knows no planted leak.
  const { added: _none, ...actor } = await host.actor("ann");
  return {
    async ask(model, method, args, kwargs = {}) {
      const answer = await dispatch(data, actor, { model, method, args, kwargs }).catch(inWords);
      told.push(JSON.stringify(answer) ?? "");
      return answer;
    },
    async logOf(model, id) {
      const lines = await messagesOf(data.reading(actor), model, id).catch(inWords);
      const words = Array.isArray(lines)
        ? lines.map(({ subject, body, author_id, author_name }) => [subject, body, author_id, author_name])
        : lines;
      const said = JSON.stringify(words);
      told.push(said);
      return said;
    },
  };
}

/** What comes of her own quotation by mail, to its customer and to an address of hers. */
async function mailsOf({ mails }: Scene, { ask }: Eyes, mine: number): Promise<string> {
  await mails.sent(async () => undefined);
  const caught = await mails.sent(async () => {
    await ask("sale.order", "message_post", [[mine]], { body: "{{ standard_price }}" });
    await ask("sale.order", "action_quotation_send", [[mine]]);
    for (const email of [outside, stranger]) await ask("sale.order", "action_share", [[mine]], { email });
    for (const step of ["action_confirm", "action_cancel", "action_draft"])
      await ask("sale.order", step, [[mine]]);
  });
  const mail = caught.map((text) => plain(text.replace(/^[\s\S]*?^Subject:/m, "Subject:"))).join("\n");
  return mail;
}

/** The tables behind logs, mails, the trash and webhooks. */
async function askTables(ask: Ask): Promise<void> {
  for (const model of ["mail.message", "mail.mail", "hf.trash", "hf.webhook.delivery"]) {
    await ask(model, "search_count", [[]]);
    await ask(model, "read_group", [[], ["subject"], ["subject"]]);
    await ask(model, "export_data", [[1, 2, 3], ["subject"]]);
  }
  await ask("res.partner", "trash_read", [[["display_name", "!=", false]], ["display_name"]]);
  await ask("product.template", "trash_read", [[["standard_price", ">", 1]], ["standard_price"]]);
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
