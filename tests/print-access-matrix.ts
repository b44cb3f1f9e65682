/** Prints who may do what in all apps, for docs/access-matrix.txt: `node tests/print-access-matrix.ts > docs/access-matrix.txt`. */
import { baseApp } from "@holdfast/app-base/app";
import { contactsApp } from "@holdfast/app-contacts/app";
import { productsApp } from "@holdfast/app-products/app";
import { salesApp } from "@holdfast/app-sales/app";
import { accessMatrix } from "@holdfast/framework/access/matrix";
import { buildRegistry } from "@holdfast/framework/model/build-registry";

/** The matrix of every app that ships. */
export function shippedMatrix(): string {
  return accessMatrix(buildRegistry([baseApp, contactsApp, productsApp, salesApp]));
}

if (import.meta.main) process.stdout.write(shippedMatrix());
