import { styleText } from "node:util";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import type { SupervisorState } from "../supervisor/state.ts";
import type { Started } from "./start.ts";

/** The page of the panel that shows caught mails. */
const mailboxPath = "/outbox";

/** The last line of `bin/up --json`; others rely on its shape. */
export function startedJson(folder: DataFolder, { access }: Started): string {
  return JSON.stringify({
    url: access.customers[0]?.url ?? access.operator.url,
    caFile: folder.caFile,
    customers: access.customers,
    operator: access.operator,
    mailbox: new URL(mailboxPath, access.operator.url).href,
  });
}

export function startedText(folder: DataFolder, started: Started): string {
  const { access, already, recoveryFile, notes } = started;
  const login = (title: string, url: string, name: string, password: string): string[] => [
    `${styleText("bold", title)}  ${styleText("cyan", url)}`,
    `  login ${name}   password ${password}`,
  ];
  return [
    already ? "Holdfast runs." : "Holdfast is ready.",
    "",
    ...access.customers.flatMap((customer) =>
      login(`Customer ${customer.name}`, customer.url, customer.login, customer.password),
    ),
    ...login("Operators' panel", access.operator.url, access.operator.login, access.operator.password),
    "  The first sign-in there sets up a second step: a passkey, or an app on your phone.",
    `${styleText("bold", "Caught mails")}  ${new URL(mailboxPath, access.operator.url).href}`,
    `${styleText("bold", "Trust page")}  ${new URL("/trust", access.operator.url).href}`,
    "",
    `Certificates are of this machine's own authority (${folder.caFile}): bin/up --trust lets your browsers trust it.`,
    "Passwords again: bin/holdfast demo password. Stop: bin/up --stop.",
    ...(recoveryFile
      ? [
          "",
          styleText("yellow", `Keep ${recoveryFile} elsewhere: without it a lost root key loses all data.`),
          "From there, once: bin/holdfast recovery check FILE.",
        ]
      : []),
    ...notes.map((note) => styleText("yellow", note)),
    "",
  ].join("\n");
}

export function statusText(
  folder: DataFolder,
  state: SupervisorState | undefined,
  port: number | undefined,
): string {
  if (!state) return `Nothing runs in ${folder.root}.\n`;
  const rows = state.parts.map((part) => {
    const ends = part.restarts > 0 ? `, started again ${part.restarts} times, last end: ${part.lastEnd}` : "";
    return `  ${part.name.padEnd(10)} ${part.state.padEnd(10)} ${part.process ? `process ${part.process.pid}` : "no process"} since ${part.since}${ends}`;
  });
  return [
    `Holdfast runs in ${folder.root}, port ${port ?? "?"}, since ${state.startedAt}:`,
    ...rows,
    `  separation of server and control: ${state.separated ? "by system users" : "not enforced (one user runs both)"}`,
    "",
  ].join("\n");
}
