import { connect as connectSocket, isIP } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Client, ClientOptions } from "ldapts";
import { outgoingAddresses } from "../../http/outgoing-address.ts";
import type { Provider } from "../providers/provider.ts";

const timeoutMilliseconds = 5_000;
/** For all that one sign-in asks of a directory, handshake included. */
const deadlineMilliseconds = 10_000;

type Directory = Pick<Provider, "url" | "ca_pem" | "allow_private">;

/**
 * Connects to a directory, encrypted before anything is said: `ldaps://`, or `ldap://` with StartTLS, which must
 * succeed. The certificate is checked against the host's name; each operation may take 5 seconds, all of them 10.
 *
 * A connection that is lost stays lost: the library would connect again by itself, without StartTLS.
 *
 * @throws ExpectedError `unavailable`, `access_denied`. The block's client is closed in every case.
 */
export async function withDirectory<T>(
  directory: Directory,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const url = URL.parse(directory.url);
  const secure = url?.protocol === "ldaps:";
  if (url === null || (!secure && url.protocol !== "ldap:"))
    throw new ExpectedError("invalid", "A directory's address begins with ldaps:// or ldap://.");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const [{ address }] = await outgoingAddresses(host, { allowPrivate: directory.allow_private });
  const tls: ConnectionOptions = {
    host: address,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    ...(directory.ca_pem ? { ca: directory.ca_pem } : {}),
  };
  const { Client } = await import("ldapts");
  const client = new Client(optionsOf(directory.url, { address, secure, tls }));
  const asking = async () => {
    if (!secure) await client.startTLS(tls);
    return work(client);
  };
  return inTime(asking()).finally(() => {
    inTime(client.unbind()).catch(() => undefined);
  });
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new ExpectedError("unavailable", "The directory did not answer in time.");
    timer = setTimeout(() => reject(error), deadlineMilliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function optionsOf(
  url: string,
  {
    address,
    secure,
    tls,
  }: { readonly address: string; readonly secure: boolean; readonly tls: ConnectionOptions },
): ClientOptions {
  let connected = false;
  const once = () => {
    if (connected) throw new ExpectedError("unavailable", "The directory closed the connection.");
    connected = true;
  };
  const common = { url, timeout: timeoutMilliseconds, connectTimeout: timeoutMilliseconds };
  if (secure)
    return {
      ...common,
      tlsOptions: tls,
      createSecureConnection: ((port: number) => {
        once();
        return connectTls({ ...tls, port });
      }) as unknown as typeof connectTls,
    };
  return {
    ...common,
    createConnection: ((port: number) => {
      once();
      return connectSocket(port, address);
    }) as unknown as typeof connectSocket,
  };
}
