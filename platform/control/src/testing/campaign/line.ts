import { once } from "node:events";
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** What the network does to connections that begin from now on. Bytes are counted in the direction named. */
export type Weather =
  | { readonly kind: "clear" }
  /** Nobody listens: the connection is refused. */
  | { readonly kind: "refuses" }
  /** Somebody takes the connection and never says a word. */
  | { readonly kind: "silent" }
  | { readonly kind: "slow"; readonly bytesPerSecond: number }
  /**
   * After so many bytes both ends are told of a reset, of an orderly end, or of nothing: no byte passes any more, and
   * neither end learns of it. The first `times` connections only.
   */
  | {
      readonly kind: "resets" | "cuts" | "stalls";
      readonly direction: "up" | "down";
      readonly afterBytes: number;
      readonly times?: number;
    };

/**
 * A line to a real server that can be made bad: a TCP proxy, through which SSH and TLS pass unopened. What it does
 * is told by `weather` and holds for connections that begin after it was set.
 */
export class Line {
  readonly #server: Server;
  readonly #target: number;
  readonly #open = new Set<Socket>();
  #weather: Weather = { kind: "clear" };
  #hurt = 0;
  port = 0;

  /** @param target - port on this machine. */
  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, (near) => this.#carry(near));
  }

  static async to(target: number): Promise<Line> {
    const line = new Line(target);
    await line.#listen(0);
    return line;
  }

  /** How many connections were cut since the weather was set: a fault that never struck proves nothing. */
  get hurt(): number {
    return this.#hurt;
  }

  async set(weather: Weather): Promise<void> {
    this.#weather = weather;
    this.#hurt = 0;
    const isRefusing = weather.kind === "refuses";
    for (const socket of this.#open) socket.resetAndDestroy();
    if (isRefusing && this.#server.listening) await this.#silence();
    if (!isRefusing && !this.#server.listening) await this.#listen(this.port);
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    if (this.#server.listening) await this.#silence();
  }

  async #listen(port: number): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
  }

  async #silence(): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }

  #carry(near: Socket): void {
    this.#keep(near);
    const weather = this.#weather;
    if (weather.kind === "silent") {
      this.#hurt += 1;
      return;
    }
    const far = this.#keep(dial({ port: this.#target, host: "127.0.0.1", allowHalfOpen: true }));
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    near.once("close", end);
    far.once("close", end);
    void this.#pump(near, far, this.#limit(weather, "up")).catch(end);
    void this.#pump(far, near, this.#limit(weather, "down")).catch(end);
  }

  #keep(socket: Socket): Socket {
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    socket.on("error", () => undefined);
    socket.setNoDelay(true);
    return socket;
  }

  #limit(weather: Weather, direction: "up" | "down"): Limit {
    if (weather.kind === "slow") return { bytesPerSecond: weather.bytesPerSecond };
    if (weather.kind !== "resets" && weather.kind !== "cuts" && weather.kind !== "stalls") return {};
    if (weather.direction !== direction) return {};
    return {
      afterBytes: weather.afterBytes,
      times: weather.times ?? Number.POSITIVE_INFINITY,
      kind: weather.kind,
    };
  }

  async #pump(from: Socket, to: Socket, limit: Limit): Promise<void> {
    let passed = 0;
    // Not destroyed on leaving: a line that falls silent stays open.
    for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const cut = limit.afterBytes !== undefined && passed + chunk.byteLength > limit.afterBytes;
      if (cut && this.#hurt < (limit.times ?? 0)) {
        this.#hurt += 1;
        to.write(chunk.subarray(0, (limit.afterBytes ?? 0) - passed));
        if (limit.kind === "stalls") return void from.resume(); // read on, so that its end is seen
        if (limit.kind === "resets") return void [from, to].forEach((each) => void each.resetAndDestroy());
        to.end();
        return void from.destroy();
      }
      passed += chunk.byteLength;
      if (limit.bytesPerSecond !== undefined) {
        this.#hurt += 1;
        await wait((chunk.byteLength / limit.bytesPerSecond) * 1_000);
      }
      if (!to.write(chunk)) await once(to, "drain");
    }
    to.end();
  }
}

interface Limit {
  readonly bytesPerSecond?: number;
  readonly afterBytes?: number;
  readonly times?: number;
  readonly kind?: "resets" | "cuts" | "stalls";
}
