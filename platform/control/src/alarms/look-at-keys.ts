import { createVerify } from "node:crypto";
import { KeyPlace } from "@holdfast/panel/key-place";
import { ShredCertificate } from "@holdfast/panel/shred-certificate";
import { lookAtKeystore } from "@holdfast/protocol/agent-methods";
import { listShredded, shredCertificate } from "@holdfast/protocol/vault-methods";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import type { Parts } from "../parts.ts";

/** Certificates that one look takes over; the next goes on. */
const mostAtOnce = 100;

const signedSchema = z.object({
  tenantId: z.string(),
  subject: z.string().max(200),
  keyId: z.string(),
  places: z.int(),
  shreddedAt: z.iso.datetime(),
});

/** Asks how the copies of the keystore are, and takes over the certificates of keys that were destroyed since. */
export async function keepKeyLooks(parts: Pick<Parts, "agent" | "data">): Promise<void> {
  await keepPlaces(parts);
  await keepCertificates(parts);
}

async function keepPlaces({ agent, data }: Pick<Parts, "agent" | "data">): Promise<void> {
  const { places } = await agent(lookAtKeystore, {});
  await data.writing(controlActor, async (env) => {
    const seen = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
    const known = await env.of(KeyPlace).searchRead([], ["path"]);
    for (const { path, answers, sameDisk, simulated, records } of places) {
      const found = { answers, same_disk: sameDisk, simulated, ...(answers ? { last_seen_at: seen } : {}) };
      const values = { ...found, ...(records === null ? {} : { records }) };
      const row = known.find((place) => place.path === path);
      if (row) await env.of(KeyPlace).write([row.id], values);
      else await env.of(KeyPlace).create([{ path, ...values }]);
    }
    const gone = known.filter(({ path }) => !places.some((place) => place.path === path));
    if (gone.length > 0) await env.of(KeyPlace).unlink(gone.map(({ id }) => id));
  });
}

async function keepCertificates({ agent, data }: Pick<Parts, "agent" | "data">): Promise<void> {
  const { tenants } = await agent(listShredded, {});
  const known = await data.reading(controlActor).of(ShredCertificate).searchRead([], ["tenant_id"]);
  const kept = new Set(known.map(({ tenant_id }) => tenant_id));
  for (const tenantId of tenants.filter((each) => !kept.has(each)).slice(0, mostAtOnce)) {
    const { certificate, signature, publicKeyPem } = await agent(shredCertificate, { tenantId });
    const signed = signedSchema.parse(JSON.parse(certificate));
    const verified = createVerify("sha256").update(certificate).verify(publicKeyPem, signature, "base64");
    await data.writing(controlActor, (env) =>
      env.of(ShredCertificate).create([
        {
          subject: signed.subject,
          tenant_id: tenantId,
          key_id: signed.keyId,
          places: signed.places,
          shredded_at: Temporal.Instant.from(signed.shreddedAt),
          verified: verified && signed.tenantId === tenantId,
          certificate,
          signature,
          public_key: publicKeyPem,
          download: `<a href="/certificates/${tenantId}">Files, and how to verify them</a>`,
        },
      ]),
    );
  }
}
