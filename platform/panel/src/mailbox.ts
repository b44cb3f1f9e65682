import type { Dir, Dirent } from "node:fs";
import { open, opendir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Html } from "@holdfast/framework/http/html";
import { html } from "@holdfast/framework/http/html-tag";
import { page } from "@holdfast/framework/http/page";
import type { Reply, Route, RouteRequest } from "@holdfast/framework/http/route";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId } from "@holdfast/kernel/id";
import PostalMime, { type Email } from "postal-mime";

/** Mails shown in the list, newest first. */
const maxListed = 100;
const maxMailBytes = 2 * 1024 * 1024;
/** Enough for the head of a mail: sender, recipient, subject. */
const headBytes = 16 * 1024;

/**
 * The mails that the local SMTP server caught, for operators alone: reset and invitation links stand in
 * them. Only where mail does not really go out (demo and tests).
 */
export function mailboxRoutes(outboxDir: string): readonly Route[] {
  const row = { method: "GET", who: "user", csrf: "none", body: "none", bodyLimitBytes: 0 } as const;
  return [
    {
      ...row,
      path: "/outbox",
      summary: "Mails caught by the local outbox",
      handle: (request) => list(outboxDir, request),
    },
    {
      ...row,
      path: "/outbox/:id",
      summary: "One caught mail",
      handle: (request) => show(outboxDir, request),
    },
  ];
}

async function list(outboxDir: string, request: RouteRequest): Promise<Reply> {
  onlyOperators(request);
  const ids = await newest(outboxDir);
  const mails = await Promise.all(ids.map(async (id) => ({ id, mail: await readHead(outboxDir, id) })));
  const rows = mails.map(
    ({ id, mail }) => html`<tr>
<td><a href="/outbox/${id}">${mail.subject || "(no subject)"}</a></td>
<td>${addresses(mail.to)}</td>
<td>${mail.from?.address ?? ""}</td>
<td><time>${when(mail.date)}</time></td>
</tr>`,
  );
  const table = html`<div class="table-scroll"><table>
<thead><tr><th scope="col">Subject</th><th scope="col">To</th><th scope="col">From</th><th scope="col">Sent</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
  const empty = html`<p class="lead">No mail has been sent yet. Send a quotation, or ask for a new password, and it lands here.</p>`;
  return page({
    title: "Outbox",
    owner: "Control panel",
    main: html`<div class="stack"><h1>Outbox</h1>
<p class="lead">Mails of this installation do not leave this machine: they end here.</p>
${mails.length === 0 ? empty : table}
<p><a href="/web">Back to the panel</a></p></div>`,
  });
}

async function show(outboxDir: string, request: RouteRequest): Promise<Reply> {
  onlyOperators(request);
  const id = parseId<"mail">(request.params["id"] ?? "");
  if (id === undefined) throw unknownMail();
  const path = join(outboxDir, `${id}.eml`);
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) throw unknownMail();
  if (size > maxMailBytes) throw new ExpectedError("too_large", "this mail is larger than the outbox shows");
  const mail = await PostalMime.parse(await readFile(path));
  return page({
    title: mail.subject ?? "Mail",
    owner: "Control panel",
    main: html`<article class="stack"><p><a href="/outbox">All mails</a></p>
<h1>${mail.subject || "(no subject)"}</h1>
<dl class="facts">
<div><dt>From</dt><dd>${mail.from?.name ?? ""} &lt;${mail.from?.address ?? ""}&gt;</dd></div>
<div><dt>To</dt><dd>${addresses(mail.to)}</dd></div>
<div><dt>Sent</dt><dd>${when(mail.date)}</dd></div>
</dl>
<div class="card stack">${paragraphs(mail.text ?? "(this mail has no text part)")}</div></article>`,
  });
}

/** A user of the control database who is no operator learns nothing of the outbox. */
function onlyOperators(request: RouteRequest): void {
  if (!request.actor.groups.has("panel.operator"))
    throw new ExpectedError("not_found", "There is no such page.", { hint: "Check the address." });
}

async function newest(outboxDir: string): Promise<string[]> {
  const ids: string[] = [];
  const folder: Dir | undefined = await opendir(outboxDir).catch(() => undefined);
  if (folder === undefined) return ids;
  for await (const entry of folder) {
    const id = idOf(entry);
    if (id !== undefined) ids.push(id);
  }
  return ids.sort().reverse().slice(0, maxListed);
}

function idOf(entry: Dirent): string | undefined {
  return entry.isFile() && entry.name.endsWith(".eml") ? parseId<"mail">(entry.name.slice(0, -4)) : undefined;
}

async function readHead(outboxDir: string, id: string): Promise<Email> {
  const file = await open(join(outboxDir, `${id}.eml`));
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return await PostalMime.parse(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** Plain text with its addresses as links; everything else is escaped by the tag. */
function paragraphs(text: string): Html[] {
  return text
    .split(/\n{2,}/)
    .slice(0, 500)
    .map(
      (block) =>
        html`<p>${block.split(/(https:\/\/[^\s<>"]+)/).map((part, i) => (i % 2 === 1 ? html`<a href="${part}">${part}</a>` : part))}</p>`,
    );
}

function addresses(to: Email["to"]): string {
  return (to ?? []).map(({ address }) => address ?? "").join(", ");
}

function when(date: string | undefined): string {
  return date === undefined ? "" : date.slice(0, 16).replace("T", " ");
}

function unknownMail(): ExpectedError {
  return new ExpectedError("not_found", "There is no such mail.", {
    hint: "It may have been swept away; see the list.",
  });
}
