import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { defaultAdmission } from "@holdfast/framework/http/admission";
import type { Attach, ServerHooks } from "@holdfast/framework/http/hooks";
import { requestListener } from "@holdfast/framework/http/listener";
import { systemClock } from "@holdfast/kernel/clock";
import type { Log } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { assetManifest } from "./asset-manifest.ts";
import { Hosts } from "./hosts.ts";
import { listen } from "./listen.ts";
import type { ServerOptions } from "./options.ts";
import { standAlone } from "./stand-alone.ts";

/** One worker: answers requests until it is asked to stop, then ends what is under way. */
export async function startWorker(options: ServerOptions, log: Log): Promise<void> {
  const hooks = await hooksOf(options, log);
  const hosts = new Hosts({ hooks, clock: systemClock, random: systemRandom, log });
  const listener = requestListener({
    findHost: (name) => hosts.find(name),
    assets: assetManifest(),
    admission: defaultAdmission,
    clock: systemClock,
    random: systemRandom,
    log,
  });
  const listening = await listen({ hooks, listener, admission: defaultAdmission, log });
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    listening
      .close()
      .then(() => hosts.close())
      .then(() => hooks.close())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  process.on("SIGTERM", stop).on("SIGINT", stop).on("disconnect", stop);
  process.send?.({ ready: true });
}

async function hooksOf(options: ServerOptions, log: Log): Promise<ServerHooks> {
  if (options.kind === "alone") return standAlone(options.config);
  // The one place where what surrounds the software comes in; see docs/decisions.
  const module = (await import(pathToFileURL(resolve(options.attach)).href)) as { readonly attach: Attach };
  return module.attach({ dataDir: options.dataDir, log });
}
