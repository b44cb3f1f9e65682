import { type Migration, splitByCompany, translateField } from "@holdfast/framework/modules/migration";
import { categoryModel, productModel, templateModel } from "./product.ts";

const { name, description_sale, standard_price } = templateModel.fields;

/** What databases of earlier versions need. */
export const productMigrations: readonly Migration[] = [
  {
    number: 1,
    label: "Products are named in several languages, and cost each company its own",
    steps: [
      translateField("product.template", "name", name),
      translateField("product.template", "description_sale", description_sale),
      translateField("product.product", "name", productModel.fields.name),
      translateField("product.category", "name", categoryModel.fields.name),
      splitByCompany("product.template", "standard_price", standard_price),
    ],
  },
];
