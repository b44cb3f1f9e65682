import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import type { Random } from "@holdfast/kernel/random";

const rounds = 4096;
const saltBytes = 16;

/**
 * What PostgreSQL stores of a password, computed here so that the password itself is never part of a
 * statement that a log could keep.
 *
 * @param password - ASCII; ours are 256 random bits, so the low round count costs nothing.
 * Source: RFC 5802 and 7677; PostgreSQL's format `SCRAM-SHA-256$rounds:salt$StoredKey:ServerKey`.
 */
export function scramVerifier(password: string, random: Random): string {
  const salt = Buffer.from(random.bytes(saltBytes));
  const salted = pbkdf2Sync(password, salt, rounds, 32, "sha256");
  const hmac = (text: string): Buffer => createHmac("sha256", salted).update(text).digest();
  const stored = createHash("sha256").update(hmac("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${rounds}:${salt.toString("base64")}$${stored}:${hmac("Server Key").toString("base64")}`;
}
