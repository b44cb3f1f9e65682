import { existsSync } from "node:fs";
import { join } from "node:path";
import { saboteurs } from "@holdfast/claims/saboteurs";
import { type claimSchema, listClaims, runClaims } from "@holdfast/protocol/control-methods";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { runSaboteurs } from "@holdfast/trust/sabotage";
import type { z } from "zod";
import { codeRoot } from "../setup/place.ts";
import { type Answer, type Command, type CommandContext, table } from "./command.ts";

type ShownClaim = z.output<typeof claimSchema>;

/** `claims`: what is promised, measured now; with `--sabotage` each measurement is tested by breaking the real thing. */
export const claimCommands: readonly Command[] = [
  {
    name: "claims",
    help: "check what this product promises on the running installation",
    arguments: [{ name: "CLAIM", optional: true, many: true }],
    options: [
      { name: "list", help: "show the last evidence, measure nothing" },
      {
        name: "sabotage",
        help: "first break each promise on purpose, in scratch databases: a check that cannot fail is not a check",
      },
    ],
    run: async (context) => answer(await checked(context)),
  },
];

async function checked(context: CommandContext): Promise<readonly ShownClaim[]> {
  const { words, options, control } = context;
  const only = words.length > 0 ? words.map((word) => word.toUpperCase()) : undefined;
  if (options["list"]) {
    const { claims } = await control(listClaims, {});
    return claims.filter(({ id }) => only === undefined || only.includes(id));
  }
  if (options["sabotage"]) await sabotage(context, only);
  const { claims } = await control(runClaims, only === undefined ? {} : { only }, "checking claims");
  return claims;
}

/** Runs here and not in control, which has no hands on vaults and clusters. */
async function sabotage({ folder }: CommandContext, only: readonly string[] | undefined): Promise<void> {
  await runSaboteurs({
    folder,
    codeRoot: runningCode(folder),
    saboteurs,
    ...(only === undefined ? {} : { only }),
    onStep: (step) => void process.stderr.write(`  ${step}\n`),
  });
}

/** The copy that the service user runs, where it cannot read this checkout. */
function runningCode(folder: DataFolder): string {
  const copy = join(folder.root, "code");
  return existsSync(join(copy, "package.json")) ? copy : codeRoot;
}

function answer(claims: readonly ShownClaim[]): Answer {
  const head = ["CLAIM", "STANDING", "SABOTEUR", "CHECKED", "EVIDENCE"];
  const rows = claims.map((claim) => [
    claim.id,
    claim.standing,
    claim.saboteur.replace("_", " "),
    claim.checkedAt?.slice(0, 16).replace("T", " ") ?? "never",
    claim.evidence,
  ]);
  const broken = claims.some((claim) => claim.state === "fail" || claim.saboteur === "missed");
  return { json: { claims }, text: table(rows, head, "There are no claims."), exitCode: broken ? 1 : 0 };
}
