import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Claim, Finding, ProbeContext } from "@holdfast/trust/claim";
import { counted, Verdict } from "@holdfast/trust/verdict";

const fewestDays = 14;
const fewestRsaBits = 2_048;
const curves = new Set(["prime256v1", "secp384r1", "secp521r1"]);
const handshakeMilliseconds = 10_000;
const dayMs = 86_400_000;
const maxHosts = 50;

/** ENC-4: what certificates are made of. */
export const soundCertificates: Claim = {
  id: "ENC-4",
  promise:
    "Certificates have keys of ECDSA P-256 or RSA 2048 at least, SHA-2 signatures, the right name, and are renewed in time.",
  method:
    "A handshake with every host; the chain that it really serves is taken apart: names, dates, kind and size of keys, kind of signatures, and whether each certificate was signed by the next.",
  maxAgeMinutes: 720,
  probe,
};

async function probe(context: ProbeContext): Promise<Finding> {
  const verdict = new Verdict();
  const names = [...context.databases.slice(0, maxHosts).map(({ name }) => name)];
  let fewest = Number.POSITIVE_INFINITY;
  for (const name of names) {
    context.signal.throwIfAborted();
    const { hostname, port } = new URL(context.urlOf(name));
    const chain = await servedChain(hostname, Number(port));
    fewest = Math.min(fewest, judgeChain(context, verdict, { hostname, chain }));
  }
  verdict.expect(names.length > 0, "there is no host to shake hands with", "no database");
  return verdict.finding(
    `the chains of ${counted(names.length, "host")} were taken apart`,
    `: right names, sound keys, SHA-2 throughout; the first ends in ${Math.floor(fewest)} days`,
  );
}

/** @returns days left of the certificate that ends first. */
function judgeChain(
  { clock }: ProbeContext,
  verdict: Verdict,
  { hostname, chain }: { readonly hostname: string; readonly chain: readonly X509Certificate[] },
): number {
  const [leaf] = chain;
  verdict.expect(leaf?.checkHost(hostname) !== undefined, "a certificate is of another name", hostname);
  verdict.expect(chain.length > 1, "a chain is not complete", hostname);
  let fewest = Number.POSITIVE_INFINITY;
  for (const [at, certificate] of chain.entries()) {
    const issuer = chain[at + 1] ?? certificate;
    verdict.expect(
      certificate.verify(issuer.publicKey),
      "a certificate was not signed by the next one",
      hostname,
    );
    verdict.expect(
      hasSoundKey(certificate),
      "a key is too small or of an old kind",
      `${hostname}: ${certificate.subject}`,
    );
    verdict.expect(
      /sha(?:256|384|512)/i.test(certificate.signatureAlgorithm ?? ""),
      "a signature is not of the SHA-2 family",
      `${hostname}: ${certificate.signatureAlgorithm}`,
    );
    const days = (certificate.validToDate.getTime() - clock.now()) / dayMs;
    fewest = Math.min(fewest, days);
    verdict.expect(
      days >= fewestDays,
      `a certificate ends in fewer than ${fewestDays} days`,
      `${hostname}: ${days.toFixed(1)}`,
    );
    verdict.expect(
      certificate.validFromDate.getTime() <= clock.now(),
      "a certificate is not valid yet",
      hostname,
    );
  }
  return fewest;
}

function hasSoundKey({ publicKey }: X509Certificate): boolean {
  const { modulusLength = 0, namedCurve = "" } = publicKey.asymmetricKeyDetails ?? {};
  if (publicKey.asymmetricKeyType === "rsa") return modulusLength >= fewestRsaBits;
  return publicKey.asymmetricKeyType === "ec" && curves.has(namedCurve);
}

/** What the host serves, leaf first. Not verified by the handshake: the probe looks for itself. */
function servedChain(hostname: string, port: number): Promise<X509Certificate[]> {
  return new Promise((resolve, reject) => {
    const fail = (cause?: unknown): void =>
      reject(new ExpectedError("unavailable", `${hostname} does not shake hands`, { cause }));
    const socket = connect({ host: "127.0.0.1", port, servername: hostname, rejectUnauthorized: false });
    socket.setTimeout(handshakeMilliseconds, () => socket.destroy(new Error("no handshake in time")));
    socket.once("error", fail);
    socket.once("secureConnect", () => {
      const chain: X509Certificate[] = [];
      const seen = new Set<string>();
      let detail = socket.getPeerCertificate(true);
      while (detail?.raw && !seen.has(detail.fingerprint256)) {
        seen.add(detail.fingerprint256);
        chain.push(new X509Certificate(detail.raw));
        detail = detail.issuerCertificate;
      }
      socket.end();
      resolve(chain);
    });
  });
}
