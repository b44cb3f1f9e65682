import type { Environment } from "@holdfast/framework/model/environment";
import { type RemoteMethod, remoteMethod } from "@holdfast/framework/model/model";
import { input } from "@holdfast/framework/modules/input";
import { refusal } from "@holdfast/framework/modules/refusal";

type Values = Readonly<Record<string, unknown>>;

const values = input.record(input.string().max(128), input.unknown());
/** Fields of the variant itself; all others are its product's. */
const ownFields: ReadonlySet<string> = new Set(["product_tmpl_id", "active"]);

/**
 * Clients of the API make and change products through their variants as well; what they write there belongs to the
 * product behind it. These take the place of the standard methods of the same name, for remote callers.
 */
export const productMethods: Readonly<Record<string, RemoteMethod>> = {
  create: remoteMethod({
    label: "Create products",
    on: "model",
    effect: "write",
    input: input.strictObject({ vals_list: input.union([values, input.array(values).max(1_000)]) }),
    async run(env, _ids, { vals_list }) {
      const several = Array.isArray(vals_list);
      const ids = await createVariants(env, several ? vals_list : [vals_list]);
      return several ? ids : ids[0];
    },
  }),
  write: remoteMethod({
    label: "Change products",
    on: "records",
    effect: "write",
    input: input.strictObject({ vals: values }),
    async run(env, ids, { vals }) {
      const own = Object.entries(vals).filter(([name]) => ownFields.has(name));
      const shared = Object.entries(vals).filter(([name]) => !ownFields.has(name));
      const variants = await env.model("product.product").read(ids, ["product_tmpl_id" as never]);
      const templates = (variants as unknown as readonly { product_tmpl_id: { id: number } }[]).map(
        (row) => row.product_tmpl_id.id,
      );
      if (own.length > 0) await env.model("product.product").write(ids, Object.fromEntries(own));
      if (shared.length > 0)
        await env.model("product.template").write([...new Set(templates)], Object.fromEntries(shared));
      return true;
    },
  }),
  name_create: remoteMethod({
    label: "Create a product by its name",
    on: "model",
    effect: "write",
    input: input.strictObject({ name: input.string().min(1).max(256) }),
    async run(env, _ids, { name }) {
      return [...(await createVariants(env, [{ name }])), name];
    },
  }),
};

/** Variants of the named products, or of new ones. @returns their ids, in the order of the values. */
async function createVariants(env: Environment, given: readonly Values[]): Promise<number[]> {
  const isNew = (one: Values) => !Object.hasOwn(one, "product_tmpl_id");
  const variants = await env.model("product.product").create(given.filter((one) => !isNew(one)));
  const templates = await env.model("product.template").create(given.filter(isNew));
  const rows = (await env
    .model("product.template")
    .read(templates, ["product_variant_id" as never])) as unknown as readonly {
    readonly product_variant_id: { readonly id: number } | null;
  }[];
  const made = rows.map((row) => row.product_variant_id?.id);
  return given.map((one) => {
    const id = (isNew(one) ? made : variants).shift();
    if (id === undefined) throw refusal("conflict", "The product was made without a variant.");
    return id;
  });
}
