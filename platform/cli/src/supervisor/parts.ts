import { getCompileCacheDir } from "node:module";
import { join } from "node:path";
import { compiledCode } from "@holdfast/kernel/compiled-code";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import type { ServiceUsers } from "../setup/service-user.ts";
import type { PartSpec } from "./part.ts";

export interface PartsInput {
  readonly folder: DataFolder;
  readonly codeRoot: string;
  readonly node: string;
  /** Who runs everything but the agent; absent when one ordinary user runs all. */
  readonly users?: ServiceUsers;
}

/** No part compiles text to code, and none reaches a prototype through `__proto__`. */
const hardening = ["--disallow-code-generation-from-strings", "--disable-proto=delete"];

/** The processes of an installation, in the order of their start. */
export function parts(input: PartsInput): PartSpec[][] {
  const { folder, codeRoot, users } = input;
  const agentUsers = users ? ["--service-user", users.service.name, "--server-user", users.server.name] : [];
  const attach = ["--attach", join(codeRoot, "platform/edge/src/attach.ts")];
  const service = users ? { user: users.service } : {};
  const server = users ? { user: users.server } : {};
  const part = (name: string, main: string, extra: readonly string[], rest: Partial<PartSpec>): PartSpec => ({
    name,
    program: input.node,
    arguments: [...hardening, join(codeRoot, main), "--data", folder.root, ...extra],
    environment: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      LANG: "C.UTF-8",
      TZ: "UTC",
      HOME: "/nonexistent",
      ...compiledCode(getCompileCacheDir()),
    },
    readyMilliseconds: 60_000,
    stopMilliseconds: 20_000,
    ...rest,
  });
  return [
    [
      // initdb, and recovery after a crash, take their time.
      part("agent", "platform/agent/src/main.ts", agentUsers, {
        readyMilliseconds: 300_000,
        stopMilliseconds: 60_000,
      }),
      part("outbox", "platform/cli/src/outbox.ts", [], service),
    ],
    [part("control", "platform/control/src/main.ts", [], { ...service, readyMilliseconds: 120_000 })],
    [part("server", "software/server/src/main.ts", attach, { ...server, readyMilliseconds: 120_000 })],
  ];
}
