import { ExpectedError } from "@holdfast/kernel/errors";
import { controlApps } from "@holdfast/panel/catalog";
import { breakGlass as breakGlassMethod, demoPassword, ensureDemo } from "@holdfast/protocol/control-methods";
import { type Handler, type HandlerContext, handle } from "@holdfast/protocol/serve";
import { type AccessFile, readAccessFile, writeAccessFile } from "../access-file.ts";
import { breakGlass } from "../break-glass.ts";
import type { ControlContext } from "../context.ts";
import { ensureOperator } from "../operator.ts";
import { resetAdministrator } from "../tenant-work.ts";
import { addCustomer } from "./customers.ts";
import { follow } from "./follow.ts";
import { customerRows } from "./rows.ts";

const demoName = "demo";
const operatorLogin = "operator@holdfast.localhost";

/** The customer to play with and the first operator: what a fresh installation shows. */
export function demoHandlers(context: ControlContext): Handler[] {
  return [
    handle(ensureDemo, async ({ empty }, call) => {
      await firstOperator(context, call);
      if (!empty) await demoCustomer(context, call);
      return shown(context);
    }),
    handle(demoPassword, async () => shown(context)),
    handle(breakGlassMethod, ({ name, login }) => letIn(context, name, login)),
  ];
}

/** The generated logins of a demo stay right: who got in this way is in the file that `demo password` shows. */
async function letIn({ parts, folder, panelHost, config }: ControlContext, name: string, given?: string) {
  if (name === "panel") {
    const login = given ?? operatorLogin;
    const tenant = { tenantId: config.controlTenantId, name, apps: controlApps };
    const password = await breakGlass(parts, tenant, { login, operators: true });
    const access = readAccessFile(folder.root);
    if (access.operator?.login === login)
      writeAccessFile(folder.root, { ...access, operator: { login, password } });
    return { url: `https://${panelHost}:${config.port}`, login, password };
  }
  const [database] = await customerRows(parts.data, name);
  if (database === undefined) throw new ExpectedError("not_found", `there is no customer "${name}"`);
  const login = given ?? `admin@${name}.example`;
  const password = await breakGlass(parts, database, { login, operators: false });
  if (readAccessFile(folder.root).customers[name]?.login === login) keep(folder.root, login, password);
  return { url: database.url, login, password };
}

async function firstOperator(
  { parts, folder, config }: ControlContext,
  { progress }: HandlerContext,
): Promise<void> {
  const access = readAccessFile(folder.root);
  if (access.operator) return;
  progress({ step: "make the first operator", done: 0, total: 2, unit: "steps" });
  const password = await ensureOperator(parts, config.controlTenantId, operatorLogin);
  writeAccessFile(folder.root, { ...access, operator: { login: operatorLogin, password } });
}

async function demoCustomer(context: ControlContext, call: HandlerContext): Promise<void> {
  const { parts, runner, folder } = context;
  const access = readAccessFile(folder.root);
  const [database] = await customerRows(parts.data, demoName);
  if (database?.state === "running" && access.customers[demoName]) return;
  const login = `admin@${demoName}.example`;
  if (database?.state === "running")
    return keep(folder.root, login, await resetAdministrator(parts, database, login));
  const operation = await addCustomer(context, {
    name: demoName,
    plan: "trial",
    email: login,
    demoData: true,
  });
  const ended = await follow(operation, { parts, runner, ...call });
  const [made] = await customerRows(parts.data, demoName);
  const password = context.secretOf(ended.operationId);
  if (password !== undefined) keep(folder.root, login, password);
  else if (made) keep(folder.root, login, await resetAdministrator(parts, made, login));
}

function keep(root: string, login: string, password: string): void {
  const access: AccessFile = readAccessFile(root);
  writeAccessFile(root, { ...access, customers: { ...access.customers, [demoName]: { login, password } } });
}

function shown({ parts, folder, panelHost, config }: ControlContext) {
  const access = readAccessFile(folder.root);
  if (!access.operator)
    throw new ExpectedError("not_found", "there is no first operator yet", { hint: "run `bin/up`" });
  return {
    customers: Object.entries(access.customers).map(([name, logins]) => ({
      name,
      url: parts.urlOf(name),
      database: name,
      ...logins,
    })),
    operator: { url: `https://${panelHost}:${config.port}`, ...access.operator },
  };
}
