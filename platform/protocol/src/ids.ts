import { type Id, parseId } from "@holdfast/kernel/id";
import { z } from "zod";

function idOf<Kind extends string>(kind: Kind) {
  return z.custom<Id<Kind>>((value) => typeof value === "string" && parseId(value) !== undefined, {
    error: `is not a ${kind} id (a lower-case UUIDv7)`,
  });
}

export const tenantIdSchema = idOf("tenant");
export const backupIdSchema = idOf("backup");
export const operationIdSchema = idOf("operation");
export const uploadIdSchema = idOf("upload");

/** A customer's name as it stands in a host name: letters, digits, inner hyphens; lower case. Source: RFC 1123. */
export const customerNameSchema = z
  .string()
  .regex(
    /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    "is 1 to 40 small letters, digits or inner hyphens, beginning with a letter",
  );

/** A host name without port, lower case. */
export const hostSchema = z
  .string()
  .max(253)
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    "is no host name",
  );

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, "is not a SHA-256 in hexadecimal");
export const bytesSchema = z.number().int().nonnegative();
