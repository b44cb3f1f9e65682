import type { Readable } from "node:stream";
import { type AdmissionLimits, defaultAdmission } from "@holdfast/framework/http/admission";
import type { ServerHooks } from "@holdfast/framework/http/hooks";
import { requestListener } from "@holdfast/framework/http/listener";
import { trustedProxies } from "@holdfast/framework/http/trusted-proxies";
import type { PasswordHasher } from "@holdfast/framework/identity/hasher";
import { systemClock } from "@holdfast/kernel/clock";
import type { Log } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { assetManifest } from "./asset-manifest.ts";
import { certificates } from "./certificates.ts";
import { type FrontDoor, frontDoor } from "./front-door.ts";
import { Hosts } from "./hosts.ts";

/** One process that answers requests. */
export interface RunningServer {
  readonly port: number;
  /** Takes no more, answers what is under way, then lets go of everything. */
  stop(): Promise<void>;
}

export interface ServerParts {
  readonly log: Log;
  readonly admission?: AdmissionLimits;
  /** One thread for all passwords of this process; its own when absent. */
  readonly hasher?: PasswordHasher;
}

const drainMilliseconds = 10_000;
const loopbacks = ["127.0.0.1", "::1"] as const;

/** Wires everything and opens the port, on both loopbacks where there are two. */
export async function startServer(hooks: ServerHooks, parts: ServerParts): Promise<RunningServer> {
  const { log, admission = defaultAdmission } = parts;
  const given = { clock: systemClock, random: systemRandom, log };
  const hosts = new Hosts({ hooks, ...given, ...(parts.hasher && { hasher: parts.hasher }) });
  const assets = assetManifest();
  const proxies = trustedProxies(hooks.trustedProxies ?? []);
  const findHost = (name: string) => hosts.find(name);
  const streams = new Set<Readable>();
  const listener = requestListener({ findHost, assets, admission, proxies, streams, ...given });
  const own = await hooks.ownCertificate();
  const door = frontDoor(listener, { certificates: certificates(hooks, log), own, admission });
  const port = await listenOnLoopbacks(door, hooks.port);
  return {
    port,
    stop: async () => {
      for (const stream of streams) stream.destroy();
      await door.close(drainMilliseconds);
      await hosts.close();
      await hooks.close();
    },
  };
}

/** A machine without IPv6 has one loopback; a port that is taken is a failure on either. */
async function listenOnLoopbacks(door: FrontDoor, wanted: number): Promise<number> {
  const port = await door.listen(wanted, loopbacks[0]);
  try {
    await door.listen(port, loopbacks[1]);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EADDRNOTAVAIL" && code !== "EAFNOSUPPORT") throw error;
  }
  return port;
}
