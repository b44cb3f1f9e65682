import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Claim, Finding, ProbeContext } from "@holdfast/trust/claim";
import { copySources, sweepSourceCopies } from "@holdfast/trust/source-copy";
import { counted, Verdict } from "@holdfast/trust/verdict";
import { type Ran, runGate } from "./run-gate.ts";

/** Copies in which gates are tried; apart from those of saboteurs, whose runs remove theirs at any time. */
const prefix = "holdfast-gates-";
const licenceMarks = [
  "Apache License",
  "Version 2.0, January 2004",
  "Grant of Copyright License",
  "Grant of Patent License",
];
const checklistHeading = "## Security checklist";
const leastQuestions = 10;
const parts = ["checks", "software", "apps", "platform", "claims", "browser"];
/** Exit code of the stand-in for a failing test run. */
const failing = 7;

/** SEC-1: whoever likes may read all of it, and no change gets in around the gates. */
export const openAndReviewed: Claim = {
  id: "SEC-1",
  promise:
    "All of the code is open under a free licence, and each change passes a security review and gates that refuse what breaks the rules.",
  method:
    "On the sources that this installation runs: the licence is read in the repository and in every package, the security policy and the reviewers' checklist too. The gates are run, must pass, and are then run on a copy with a forbidden import and an unreviewed raw mark, and must refuse both. The pipeline is run with tests that fail, and must fail.",
  maxAgeMinutes: 1_440,
  probe,
};

async function probe({ repository, signal }: ProbeContext): Promise<Finding> {
  const verdict = new Verdict();
  const packages = readLicences(verdict, repository);
  const questions = readRules(verdict, repository);
  sweepSourceCopies(prefix);
  const copy = copySources(repository, prefix);
  try {
    const gate = (tool: string, ...more: string[]) =>
      runGate(process.execPath, [join(copy.root, "tools", tool), ...more], { root: copy.root, signal });
    await gatesPass(verdict, gate);
    await gatesRefuse(verdict, { root: copy.root, gate });
    await pipelineFails(verdict, { root: copy.root, gate, signal });
  } finally {
    copy.remove();
  }
  return verdict.finding(
    `the licence of the repository and ${counted(packages, "package")}, ${counted(questions, "question")} of the security review and 2 gates were read and run`,
    ": both gates pass, refuse what is forbidden, and failing tests fail the pipeline",
  );
}

/** @returns how many packages were looked at. */
function readLicences(verdict: Verdict, repository: string): number {
  const text = readText(repository, "LICENSE");
  for (const mark of licenceMarks)
    verdict.expect(text.includes(mark), "the licence is not the free one that is promised", mark);
  const workspaces = packageFiles(repository);
  for (const file of workspaces) {
    const { license } = JSON.parse(readText(repository, file)) as { readonly license?: unknown };
    verdict.expect(license === "Apache-2.0", "a package is under another licence", file);
  }
  return workspaces.length;
}

function packageFiles(repository: string): readonly string[] {
  const { workspaces } = JSON.parse(readText(repository, "package.json")) as {
    readonly workspaces: readonly string[];
  };
  const found = workspaces.flatMap((one) => globSync(`${one}/package.json`, { cwd: repository }));
  return ["package.json", ...found];
}

/** @returns how many questions a reviewer has to answer. */
function readRules(verdict: Verdict, repository: string): number {
  const policy = readText(repository, "SECURITY.md");
  verdict.expect(/report privately/i.test(policy), "nobody is told how to report a weakness", "SECURITY.md");
  verdict.expect(/\b\d+ (?:working )?days\b/.test(policy), "reports get no promised time", "SECURITY.md");
  const [, checklist = ""] = readText(repository, "CONTRIBUTING.md").split(checklistHeading);
  const questions = checklist.match(/^- \[ \] /gm)?.length ?? 0;
  verdict.expect(questions >= leastQuestions, "review asks too few questions", `${questions} questions`);
  return questions;
}

type Gate = (tool: string, ...more: string[]) => Promise<Ran>;

async function gatesPass(verdict: Verdict, gate: Gate): Promise<void> {
  const [arrows, tidy] = await Promise.all([gate("arrows.ts"), gate("tidy.ts")]);
  verdict.expect(arrows.code === 0, "an arrow between the parts is broken", arrows.said);
  verdict.expect(tidy.code === 0, "the sources break a rule of the house", tidy.said);
}

interface Place {
  readonly root: string;
  readonly gate: Gate;
}

/** A gate that lets everything pass is none. */
async function gatesRefuse(verdict: Verdict, { root, gate }: Place): Promise<void> {
  const planted = "software/kernel/src/planted.ts";
  writeFileSync(
    join(root, planted),
    'import { rmSync } from "node:fs";\nexport const planted = (raw: (text: string) => string): string => raw(String(rmSync));\n',
  );
  const [arrows, tidy] = await Promise.all([gate("arrows.ts"), gate("tidy.ts")]);
  for (const { code, said } of [arrows, tidy])
    verdict.expect(code === 1 && said.includes(planted), "a gate lets pass what is forbidden", said);
}

async function pipelineFails(
  verdict: Verdict,
  { root, gate, signal }: Place & { readonly signal: AbortSignal },
): Promise<void> {
  const unknown = await gate("run-tests.ts", "no-such-part");
  for (const part of parts)
    verdict.expect(new RegExp(`\\b${part}\\b`).test(unknown.said), "a part of the tests is missing", part);
  const tests = readText(root, "bin/test");
  verdict.expect(tests.includes("tools/run-tests.ts"), "the test command runs no tests", "bin/test");
  writeFileSync(join(root, "bin/test"), `#!/bin/sh\nexit ${failing}\n`, { mode: 0o755 });
  const { code, said } = await runGate("bash", [join(root, ".ci/run")], { root, signal });
  verdict.expect(code === failing, "the pipeline passes when tests fail", `exit ${code}: ${said}`);
}

function readText(root: string, path: string): string {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return "";
  }
}
