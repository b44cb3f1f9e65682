import { ExpectedError } from "@holdfast/kernel/errors";
import { closeCustomer, reopenCustomer } from "@holdfast/protocol/closing-methods";
import {
  breakGlass,
  type Customer,
  createCustomer,
  deleteCustomer,
  demoPassword,
  listCustomers,
  planSchema,
  showCustomer,
} from "@holdfast/protocol/control-methods";
import { holdCustomer } from "@holdfast/protocol/retention-methods";
import { type Command, table } from "./command.ts";
import { confirm } from "./confirm.ts";

const plans = planSchema.options.join(", ");

/** `customer …` and `demo password`. */
export const customerCommands: readonly Command[] = [
  {
    name: "customer create",
    help: "make a customer with a database, key and file store of its own",
    arguments: [{ name: "NAME" }],
    options: [
      { name: "plan", value: "PLAN", help: `one of ${plans} (default trial)` },
      { name: "login", value: "MAIL", help: "login of its administrator (default admin@NAME.example)" },
      { name: "demo-data", help: "with contacts and quotations to play with" },
    ],
    async run({ words: [name = ""], options, control }) {
      const plan = planSchema.safeParse(options["plan"] ?? "trial");
      if (!plan.success)
        throw new ExpectedError("bad_request", `there is no plan "${options["plan"]}"`, {
          hint: `choose one of ${plans}`,
        });
      const login = typeof options["login"] === "string" ? { login: options["login"] } : {};
      const input = { name, plan: plan.data, demoData: options["demo-data"] === true, ...login };
      const made = await control(createCustomer, input, `creating ${name}`);
      return {
        json: made,
        text: `${made.customer.url}\n  login ${made.login}   password ${made.password ?? "was shown before"}\n`,
      };
    },
  },
  {
    name: "customer list",
    help: "all customers",
    arguments: [],
    options: [],
    async run({ control }) {
      const { customers } = await control(listCustomers, {});
      const rows = customers.map((customer) => [
        customer.name,
        customer.plan,
        customer.state + (customer.neutralized ? ", neutralized" : ""),
        customer.lastStoredBackupAt ?? "never",
        customer.lastProvenBackupAt ?? "never",
        customer.url,
      ]);
      const head = ["NAME", "PLAN", "STATE", "STORED BACKUP", "PROVEN BACKUP", "ADDRESS"];
      return { json: { customers }, text: table(rows, head, "There are no customers.") };
    },
  },
  {
    name: "customer show",
    help: "one customer",
    arguments: [{ name: "NAME" }],
    options: [],
    async run({ words: [name = ""], control }) {
      const customer = await control(showCustomer, { name });
      return { json: customer, text: sheet(customer) };
    },
  },
  {
    name: "customer delete",
    help: "close a customer; after 14 days it is deleted with its key, and its backups can never be read again",
    arguments: [{ name: "NAME" }],
    options: [
      { name: "yes", value: "NAME", help: "its name once more, instead of being asked" },
      { name: "now", help: "without the 14 days; a copy on the side goes at once anyway" },
    ],
    async run({ words: [name = ""], options, control, screen }) {
      const customer = await control(showCustomer, { name });
      if (customer.state === "running" && !customer.neutralized && options["now"] !== true) {
        const closes = `This closes ${customer.url}. After 14 days it is deleted, with the key without which its backups cannot be read.`;
        await confirm(screen, { dies: closes, name, given: options["yes"] });
        const closed = await control(closeCustomer, { name, confirm: name });
        const text = `${name} is closed.\n  until ${closed.until}: bin/holdfast customer reopen ${name}\n`;
        return { json: closed, text };
      }
      // Said again, it is no order to destroy at once what was to be kept for 14 days.
      if (customer.state === "closed" && options["now"] !== true)
        throw new ExpectedError("conflict", `${name} is closed already`, {
          hint: `bin/holdfast customer delete ${name} --now ends it before its time`,
        });
      const dies = `This deletes ${customer.url}, its files, and the key without which its backups cannot be read.`;
      await confirm(screen, { dies, name, given: options["yes"] });
      const deleted = await control(deleteCustomer, { name }, `deleting ${name}`);
      return { json: deleted, text: `${name} is deleted.\n` };
    },
  },
  {
    name: "customer reopen",
    help: "open a closed customer again, as it was",
    arguments: [{ name: "NAME" }],
    options: [],
    async run({ words: [name = ""], control }) {
      const opened = await control(reopenCustomer, { name }, `opening ${name}`);
      return { json: opened, text: `${opened.customer.url} is open again.\n` };
    },
  },
  {
    name: "customer hold",
    help: "keep every backup of a customer from being deleted (legal hold); --lift ends it",
    arguments: [{ name: "NAME" }],
    options: [
      { name: "reason", value: "TEXT", help: "why, shown wherever the hold is" },
      { name: "lift", help: "end the hold: the plan deletes again" },
    ],
    async run({ words: [customer = ""], options, control }) {
      const reason = options["lift"] ? null : String(options["reason"] ?? "");
      if (reason === "")
        throw new ExpectedError("bad_request", "a hold needs a reason", { hint: `--reason "case 4711"` });
      const held = await control(holdCustomer, { customer, reason });
      const text = held.heldSince
        ? `held since ${held.heldSince}: ${held.reason}`
        : "no hold: the plan deletes again";
      const untold =
        held.unsigned.length > 0 ? `\n  told later, as they do not answer: ${held.unsigned.join(", ")}` : "";
      return { json: held, text: `${customer}: ${text}${untold}\n` };
    },
  },
  {
    name: "break-glass",
    help: "let an administrator of a customer in again, or an operator (NAME panel): new password, factors reset",
    arguments: [{ name: "NAME" }],
    options: [
      { name: "login", value: "MAIL", help: "who (default admin@NAME.example, operator@holdfast.localhost)" },
      { name: "yes", value: "NAME", help: "its name once more, instead of being asked" },
    ],
    async run({ words: [name = ""], options, control, screen }) {
      const dies =
        "This ends all sessions, second factors and API keys of that login, and gives it a new password.";
      await confirm(screen, { dies, name, given: options["yes"] });
      const login = typeof options["login"] === "string" ? { login: options["login"] } : {};
      const access = await control(breakGlass, { name, ...login });
      return { json: access, text: `${access.url}\n  login ${access.login}   password ${access.password}\n` };
    },
  },
  {
    name: "demo password",
    help: "the generated logins of the demo, again",
    arguments: [],
    options: [],
    async run({ control }) {
      const access = await control(demoPassword, {});
      const rows = [
        ...access.customers.map(({ url, login, password }) => [url, login, password]),
        [access.operator.url, access.operator.login, access.operator.password],
      ];
      return {
        json: access,
        text: table(rows, ["ADDRESS", "LOGIN", "PASSWORD"], "There are no demo logins."),
      };
    },
  },
];

function sheet(customer: Customer): string {
  const rows = Object.entries(customer).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(", ") : String(value ?? "never"),
  ]);
  return rows.map(([name = "", value]) => `${name.padEnd(20)} ${value}\n`).join("");
}
