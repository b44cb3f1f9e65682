import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { pumpMail } from "@holdfast/framework/mail/pump";
import { smtpTransport } from "@holdfast/framework/mail/transport";
import { SMTPServer } from "smtp-server";
import type { CompanyHost } from "./company-host.ts";

/** A mail server of the test's own, and the demo company that mails by it. */
export interface CaughtMails {
  /** Runs the work, then the pump. @returns the mails that came, unfolded and with quoted-printable undone. */
  sent(work: () => Promise<unknown>): Promise<string[]>;
  /** A draft of Ann's with two lines, for the customer of that name. @returns its id. */
  quotation(customer?: string): Promise<number>;
  close(): Promise<void>;
}

/** Starts one; it takes every mail. */
export async function caughtMails(host: CompanyHost): Promise<CaughtMails> {
  const mails: string[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData: (stream, _session, done) =>
      void textOf(stream).then((mail) => {
        mails.push(mail);
        done();
      }),
  });
  await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
  const transport = smtpTransport({ host: "127.0.0.1", port: (smtp.server.address() as AddressInfo).port });
  return {
    async sent(work) {
      const before = mails.length;
      await work();
      await pumpMail(host.tenant, transport);
      return mails.slice(before).map((mail) =>
        mail
          .replace(/=\r?\n/g, "")
          .replace(/=3D/g, "=")
          .replace(/\r\n[ \t]+/g, " "),
      );
    },
    async quotation(customer = "Cy Andersen") {
      const [partner] = await host.call("ann", "res.partner", "search", [[["name", "=", customer]]]);
      const find = [[["default_code", "=", "HP-CHA-010"]]];
      const [product] = await host.call("ann", "product.product", "search", find);
      const order_line = [[0, 0, { product_id: product, product_uom_qty: 4 }]];
      return host.call("ann", "sale.order", "create", [{ partner_id: partner, order_line }]);
    },
    async close() {
      transport.close();
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
    },
  };
}
