/**
 * What somebody's script does with two client libraries of third parties, unchanged, over the real TLS port.
 * Arguments: address, database, login, password, id of a record that is hidden from this user. Prints one
 * line of JSON; started by the walk with the installation's authority in NODE_EXTRA_CA_CERTS.
 */
import jsonRpcClient from "@fernandoslim/odoo-jsonrpc";
import { OdooClient } from "odoo-xmlrpc-ts";

const [url = "", db = "", username = "", password = "", hidden = "0"] = process.argv.slice(2);
const { hostname, port } = new URL(url);

const xml = new OdooClient({ url, db, username, password });
const uid = await xml.authenticate();
const id = await xml.create("res.partner", { name: "Zoë from XML-RPC", email: "zoe@example.com" });
const found = await xml.searchRead("res.partner", [["name", "ilike", "ZOE FROM XML"]], { fields: ["email"] });

/** CommonJS: the class is the `default` of what is imported by default. */
const json = new jsonRpcClient.default({
  baseUrl: `https://${hostname}`,
  port: Number(port),
  db,
  username,
  password,
});
await json.connect();
const other = await json.create("res.partner", { name: "Øystein from JSON-RPC" });

process.stdout.write(
  `${JSON.stringify({
    uid,
    created: [id, other],
    found,
    privateMethod: await refusal(() => xml.execute("res.partner", "_compute_display_name", [[id]])),
    hiddenRecord: await refusal(() => xml.read("sale.order", [Number(hidden)], ["name"])),
    missingRecord: await refusal(() => xml.read("sale.order", [2_000_000_000], ["name"])),
  })}\n`,
);

async function refusal(work: () => Promise<unknown>): Promise<string> {
  try {
    return `answered ${JSON.stringify(await work())}`;
  } catch (error) {
    return (error as Error).message;
  }
}
