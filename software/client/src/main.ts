/** Prints the types of a database: `HOLDFAST_KEY=hfk_… node src/main.ts https://acme.example AcmeModels > acme-models.ts`. */
import { modelsModule, type OpenApiDocument } from "./generate.ts";

const [url = "", name = "Models"] = process.argv.slice(2);
const response = await fetch(new URL("/openapi.json", url), {
  headers: { authorization: `Bearer ${process.env["HOLDFAST_KEY"] ?? ""}` },
});
if (!response.ok) {
  console.error(
    `cannot read ${url}/openapi.json: it answered ${response.status}; set HOLDFAST_KEY to an API key`,
  );
  process.exitCode = 1;
} else process.stdout.write(modelsModule((await response.json()) as OpenApiDocument, name));
