import { html } from "@holdfast/framework/http/html-tag";
import { csrfField, tenantPage } from "@holdfast/framework/http/page";
import { redirectReply } from "@holdfast/framework/http/reply";
import type { Reply, Route, RouteRequest } from "@holdfast/framework/http/route";
import { usersModel } from "@holdfast/framework/identity/models";
import { refusal } from "@holdfast/framework/modules/refusal";
import { eraseMarked, marksOf } from "./erase.ts";
import { partnerModel } from "./partner.ts";

/** The page on which a person is erased. */
export const erasePath = "/contacts/:id/erase";

/**
 * Erasing a person (GDPR Art. 17), for administrators: what goes and what stays is said first, the name is typed, the
 * password confirmed. A platform puts its own handler in place of the second, which reaches backups too.
 */
export const eraseRoutes: readonly Route[] = [
  {
    method: "GET",
    path: erasePath,
    who: "user",
    csrf: "none",
    body: "none",
    bodyLimitBytes: 0,
    summary: "What erasing a person removes, and the form that does it.",
    handle: page,
  },
  {
    method: "POST",
    path: erasePath,
    who: "user",
    csrf: "token",
    body: "form",
    bodyLimitBytes: 4_096,
    recent: true,
    summary: "Erases a person for good.",
    handle: eraseHere,
  },
];

/** A contact that may be erased by whoever asks. */
export interface Erasable {
  readonly id: number;
  readonly name: string;
}

/**
 * The contact that is meant, when the request may erase it; of a form also the typed name is asked for.
 *
 * @throws ExpectedError `not_found`, `access_denied`, `conflict` for oneself, `invalid` for another name.
 */
export async function erasable(request: RouteRequest): Promise<Erasable> {
  const { actor } = request;
  if (!actor.groups.has("base.admin") || request.keyId !== undefined)
    throw refusal("access_denied", "Only administrators erase people.", "Ask one of them.");
  const text = request.params["id"] ?? "";
  const id = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
  const found = await request
    .reading()
    .of(partnerModel)
    .searchRead([["id", "=", id]], ["name"], { activeOnly: false, limit: 1 });
  const [contact] = found;
  if (contact === undefined) throw refusal("not_found", "This contact is not there, or you may not see it.");
  const own = await request.reading().system("nobody erases themselves", (system) =>
    system.of(usersModel).count([
      ["id", "=", actor.userId ?? 0],
      ["partner_id", "=", id],
    ]),
  );
  if (own > 0)
    throw refusal("conflict", "You cannot erase yourself.", "Another administrator can, once you are gone.");
  if (request.method === "POST" && (request.form["confirm"] ?? "").trim() !== contact.name)
    throw refusal(
      "invalid",
      `The confirmation does not say "${contact.name}".`,
      "Type the name as it is shown.",
    );
  return { id, name: contact.name };
}

async function page(request: RouteRequest): Promise<Reply> {
  const { id, name } = await erasable(request);
  return tenantPage(request, {
    title: `Erase ${name}`,
    narrow: true,
    main: html`<div class="stack">
<h1>Erase ${name}</h1>
<p class="lead"><a href="/web/res.partner/${id}">Back to the contact</a></p>
<section class="card stack"><h2>What goes, for good</h2><ul>
<li>Everything that the contact says: name, addresses, phone, notes, tags, its messages, files and links.</li>
<li>If they sign in: their login, sessions, keys and second factors, and their address in the sign-in log.</li>
<li>Mail to them, and their name and address in messages and files of their documents, in webhooks, jobs and the trash.</li></ul></section>
<section class="card stack"><h2>What stays</h2><p>Quotations and orders keep their numbers and amounts, with “Erased person” as the party: the law asks for them. Files that were downloaded, and mail that was sent, are beyond our reach.</p></section>
<section class="card stack"><h2>Backups</h2><p>They stay as they are, and no restore brings the person back: whoever was erased is erased again before anybody sees the rows. A restore that could still be undone can be undone no more.</p></section>
<form method="post" class="stack card">${csrfField(request.csrfToken())}
<div class="field"><label for="confirm">Type ${name} to erase this person</label><input id="confirm" name="confirm" autocomplete="off" maxlength="300" required aria-describedby="what">
<p class="hint" id="what">Nobody can undo this.</p></div>
<div class="actions"><button class="button danger" type="submit">Erase this person</button></div></form></div>`,
  });
}

async function eraseHere(request: RouteRequest): Promise<Reply> {
  const { id } = await erasable(request);
  await request.writing((env) =>
    env.system("an administrator erases a person, which was asked just before", async (system) => {
      const marks = new Set(await marksOf(system, id));
      await eraseMarked(system, (mark) => marks.has(mark));
    }),
  );
  return redirectReply("/web/res.partner");
}
