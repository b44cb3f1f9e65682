import assert from "node:assert/strict";
import { test } from "node:test";
import { qrSvg } from "./qr-svg.ts";
import { base32, matchingStep, otpauthUri, stepAt, totpCode } from "./totp.ts";

const published = Buffer.from("12345678901234567890");

test("the published codes of RFC 6238 come out, last six digits", () => {
  const vectors: readonly (readonly [number, string])[] = [
    [59, "287082"],
    [1_111_111_109, "081804"],
    [1_111_111_111, "050471"],
    [1_234_567_890, "005924"],
    [2_000_000_000, "279037"],
    [20_000_000_000, "353130"],
  ];
  for (const [seconds, code] of vectors) assert.equal(totpCode(published, stepAt(seconds * 1_000)), code);
});

test("a code of one step before or after is taken, one of two steps is not", () => {
  const nowMs = 1_900_000_000_000;
  const now = stepAt(nowMs);
  const lastStep = 0;
  for (const step of [now - 1, now, now + 1])
    assert.equal(matchingStep(published, totpCode(published, step), { nowMs, lastStep }), step);
  for (const step of [now - 2, now + 2])
    assert.equal(matchingStep(published, totpCode(published, step), { nowMs, lastStep }), undefined);
});

test("a code that was taken is never taken again, nor one from before it", () => {
  const nowMs = 1_900_000_000_000;
  const now = stepAt(nowMs);
  for (const step of [now - 1, now])
    assert.equal(matchingStep(published, totpCode(published, step), { nowMs, lastStep: now }), undefined);
  assert.equal(matchingStep(published, totpCode(published, now + 1), { nowMs, lastStep: now }), now + 1);
});

test("what is no code is no code", () => {
  const given = { nowMs: 59_000, lastStep: 0 };
  for (const code of ["", "28708", "2870822", "２８７０８２", "28708\u0000", "abcdef", "\ud800".repeat(3)])
    assert.equal(matchingStep(published, code, given), undefined, JSON.stringify(code));
  assert.equal(matchingStep(published, " 287 082 ", given), 1);
});

test("the address for apps names issuer and login, and the secret in base32", () => {
  assert.equal(base32(published), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  assert.equal(
    otpauthUri(published, "Ann & Co", "ann@acme.example"),
    "otpauth://totp/Ann%20%26%20Co:ann%40acme.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Ann%20%26%20Co&algorithm=SHA1&digits=6&period=30",
  );
});

test("the picture is one path of dark squares on a light ground, with a quiet zone", () => {
  const svg = qrSvg("otpauth://totp/x:y?secret=GEZDGNBV", "QR code").toString();
  assert.match(svg, /viewBox="0 0 \d+ \d+"/);
  assert.match(svg, /d="M4 4h1v1h-1z/);
  assert.doesNotMatch(svg, /M[0-3] |<script|GEZDGNBV/);
});
