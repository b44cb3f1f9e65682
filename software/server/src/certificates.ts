import { createSecureContext, type SecureContext } from "node:tls";
import type { Certificate, ServerHooks } from "@holdfast/framework/http/hooks";
import type { Log } from "@holdfast/kernel/log";
import { tlsSettings } from "./tls-settings.ts";

/** Chooses the certificate of a handshake by the name that the client asks for. */
export interface Certificates {
  readonly forName: (
    serverName: string,
    done: (error: Error | null, context?: SecureContext) => void,
  ) => void;
}

const maxKept = 2_000;

/** Certificates come from the hook, which renews them; contexts are kept as long as the certificate is the same. */
export function certificates(
  hooks: Pick<ServerHooks, "certificate" | "ownCertificate">,
  log: Log,
): Certificates {
  const kept = new Map<string, { readonly from: Certificate; readonly context: SecureContext }>();
  const contextOf = async (serverName: string): Promise<SecureContext> => {
    const name = serverName.toLowerCase();
    const found = (await hooks.certificate(name)) ?? (await hooks.ownCertificate());
    const known = kept.get(found.certificatePem);
    if (known?.from.keyPem === found.keyPem) return known.context;
    if (kept.size >= maxKept) kept.clear();
    const { ecdhCurve, ciphers, minVersion, maxVersion, honorCipherOrder } = tlsSettings;
    const context = createSecureContext({
      cert: found.certificatePem,
      key: found.keyPem,
      ecdhCurve,
      ciphers,
      minVersion,
      maxVersion,
      honorCipherOrder,
    });
    kept.set(found.certificatePem, { from: found, context });
    return context;
  };
  return {
    forName: (serverName, done) => {
      contextOf(serverName).then(
        (context) => done(null, context),
        (error: Error) => {
          log("warn", "no certificate for a handshake", { serverName, error });
          done(error);
        },
      );
    },
  };
}
