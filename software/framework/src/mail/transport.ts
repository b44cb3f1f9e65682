import { createTransport } from "nodemailer";
import type { MailServer } from "../http/hooks.ts";

/** A mail as it goes over the wire. */
export interface OutgoingMail {
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly replyTo: string | null;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly messageId: string;
  /** Address that ends such mails when a mail program posts to it; null: there is none. */
  readonly unsubscribe: string | null;
}

/** How a try to send ended. `refused`: for good, the server said so; `failed`: may work later. */
export type SendOutcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

/** Where mails are handed over. */
export interface MailTransport {
  send(mail: OutgoingMail): Promise<SendOutcome>;
  close(): void;
}

const connectMs = 10_000;
const silenceMs = 30_000;

/** Speaks SMTP. Reads no file and no address to fill a mail, whatever a body asks for. */
export function smtpTransport(server: MailServer): MailTransport {
  const smtp = createTransport({
    host: server.host,
    port: server.port,
    pool: true,
    maxConnections: 2,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    // Only a relay on this very machine is spoken to yet; one across a network needs TLS and credentials.
    ignoreTLS: true,
  });
  return {
    async send(mail) {
      try {
        await smtp.sendMail({
          from: mail.from,
          to: [{ name: "", address: mail.to }],
          ...(mail.replyTo === null ? {} : { replyTo: mail.replyTo }),
          subject: mail.subject,
          html: mail.html,
          text: mail.text,
          messageId: `<${mail.messageId}>`,
          headers: oneClickHeaders(mail.unsubscribe),
        });
        return { kind: "accepted" };
      } catch (error) {
        return outcomeOf(error);
      }
    },
    close: () => smtp.close(),
  };
}

/** Source: RFC 8058, section 3.1. Whether both are among the signed headers is up to the relay that signs. */
function oneClickHeaders(address: string | null): Readonly<Record<string, string>> {
  if (address === null) return {};
  return { "List-Unsubscribe": `<${address}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" };
}

/** SMTP: 5xx is for good, 4xx and a broken connection are not. Source: RFC 5321, section 4.2.1. */
function outcomeOf(error: unknown): SendOutcome {
  const { responseCode, message } = error as { responseCode?: number; message?: string };
  const reason = (message ?? "unknown failure").replace(/[\r\n]+/g, " ").slice(0, 500);
  const forGood = responseCode !== undefined && responseCode >= 500 && responseCode < 600;
  return { kind: forGood ? "refused" : "failed", reason };
}
