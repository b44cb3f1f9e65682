import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";

/** The port of last time, so that open pools find the cluster again; another one when it is taken. */
export async function usablePort(file: string): Promise<number> {
  const former = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  return (former > 0 && (await freePort(former))) || (await freePort(0)) || 0;
}

function freePort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1" }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
    });
  });
}
