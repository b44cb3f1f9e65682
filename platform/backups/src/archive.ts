import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId } from "@holdfast/kernel/id";
import { z } from "zod";
import { limits } from "./limits.ts";

/**
 * What is inside an archive, in this order: head.json, tables.json, schema.sql, data/<table>/<part>.copy, files/<sha256>,
 * manifest.json, manifest.sig. Everything here is checked as if a stranger had made it.
 *
 * schema.sql is for people who restore without us and is NEVER executed by us.
 */
export type ArchiveEntry =
  | { readonly kind: "document"; readonly document: ArchiveDocument }
  | { readonly kind: "data"; readonly table: string; readonly part: number }
  | { readonly kind: "file"; readonly sha256: string };

export type ArchiveDocument = "head.json" | "tables.json" | "schema.sql" | "manifest.json" | "manifest.sig";

const documentLimits: Readonly<Record<string, number>> = {
  "head.json": limits.documentBytes,
  "tables.json": limits.documentBytes,
  "schema.sql": limits.schemaBytes,
  "manifest.json": limits.documentBytes,
  "manifest.sig": 64,
};

/** @throws ExpectedError when the name is none of ours, or the entry is larger than its kind may be. */
export function parseEntry(name: string, size: number): ArchiveEntry {
  const entry = entryNamed(name);
  const most =
    entry.kind === "document"
      ? documentLimits[entry.document]
      : entry.kind === "data"
        ? limits.partBytes
        : limits.fileBytes;
  if (most === undefined || size > most)
    throw refusal(`the entry ${JSON.stringify(name)} has ${size} bytes, at most ${most} allowed`);
  return entry;
}

/** Where an archive keeps the n-th part of a table's rows; sorted by name, the parts are in order. */
export const dataEntryName = (table: string, part: number): string =>
  `data/${table}/${String(part).padStart(6, "0")}.copy`;
/** Where an archive keeps a file of the customer. */
export const fileEntryName = (sha256: string): string => `files/${sha256}`;

const tableName = /^[A-Za-z_][A-Za-z0-9_$]{0,62}$/;
const sha256Hex = /^[0-9a-f]{64}$/;

function entryNamed(name: string): ArchiveEntry {
  if (Object.hasOwn(documentLimits, name)) return { kind: "document", document: name as ArchiveDocument };
  const [folder, first = "", second = "", ...more] = name.split("/");
  const part = /^(\d{6})\.copy$/.exec(second)?.[1];
  if (folder === "data" && tableName.test(first) && part !== undefined && more.length === 0)
    return { kind: "data", table: first, part: Number(part) };
  if (folder === "files" && sha256Hex.test(first) && second === "") return { kind: "file", sha256: first };
  throw refusal(`the entry ${JSON.stringify(name.slice(0, 100))} is none of a backup's`);
}

const identifier = z.string().regex(tableName);
const count = z.int().nonnegative();
const digest = z.string().regex(sha256Hex);
const uuid = z.string().refine((text) => parseId(text) !== undefined, "is no UUIDv7");
const short = z.string().max(200);

const head = {
  format: z.literal(1),
  tenantId: uuid,
  backupId: uuid,
  /** The customer's name at that time. */
  name: short,
  takenAt: z.iso.datetime(),
  apps: z.array(z.strictObject({ name: short, version: short })).max(1_000),
  /** Version of the software that wrote the data. */
  codeVersion: short,
  /** Who pays for it, so that the fleet can be written down again from vaults alone; absent in an import. */
  customer: z.strictObject({ name: short, email: z.string().max(320), plan: short }).optional(),
  /** Of an import: what its zip said of itself, and whether an operator, or the customer's own id, vouches for whose it was. */
  origin: z
    .strictObject({ tenantId: uuid, name: short, takenAt: z.iso.datetime(), vouched: z.boolean() })
    .optional(),
  postgresVersion: short,
};

const table = {
  name: identifier,
  columns: z.array(identifier).min(1).max(limits.columnsPerTable),
  /** The primary key's columns; empty where there is none, then the rows are ordered by all columns. */
  key: z.array(identifier).max(limits.columnsPerTable),
};

export const headSchema = z.strictObject(head);
export const tablesSchema = z.array(z.strictObject(table)).max(limits.tables);
export const manifestSchema = z.strictObject({
  ...head,
  /** Position in the log of the snapshot that everything in the archive is of. */
  snapshotLsn: z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/),
  schemaSha256: digest,
  /** Digests of the COPY text (all parts of the table, one after the other). */
  tables: z.array(z.strictObject({ ...table, rows: count, bytes: count, sha256: digest })).max(limits.tables),
  sequences: z
    .array(z.strictObject({ name: identifier, value: z.string().regex(/^-?\d{1,19}$/), called: z.boolean() }))
    .max(limits.sequences),
  /** `sha256` is the digest of one line "<sha256> <bytes>\n" per file, in the order of the archive (ascending). */
  files: z.strictObject({ count, bytes: count, sha256: digest }),
  totals: z.strictObject({ tables: count, rows: count, bytes: count }),
});

export type ArchiveHead = z.infer<typeof headSchema>;
export type ArchiveTable = z.infer<typeof tablesSchema>[number];
export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestTable = Manifest["tables"][number];

/** @throws ExpectedError naming the first thing that is wrong. */
export function parseDocument<T>(schema: z.ZodType<T>, text: string, name: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refusal(`${name} is not JSON`, cause);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw refusal(`${name}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "is wrong"}`.slice(0, 300));
}

/** An archive whose content breaks the format's rules: the same in every vault, so no other copy is tried. */
export function refusal(why: string, cause?: unknown): ExpectedError {
  return new ExpectedError("invalid", `the archive is refused: ${why}`, { cause });
}
