import type { Saboteur } from "@holdfast/trust/saboteur";
import type { Patch } from "@holdfast/trust/source-copy";

const changes: readonly (Patch & { readonly breaks: string })[] = [
  {
    breaks: "another licence was put in the place of the free one",
    file: "LICENSE",
    find: "Version 2.0, January 2004",
    replace: "All rights reserved",
  },
  {
    breaks: "the reviewers' security checklist was gone",
    file: "CONTRIBUTING.md",
    find: "## Security checklist",
    replace: "## Checklist",
  },
  {
    breaks: "the pipeline ran no tests",
    file: ".ci/run",
    find: 'bin/test "$@" </dev/null',
    replace: 'true "$@" </dev/null',
  },
  {
    breaks: "a gate let everything pass",
    file: "tools/arrows.ts",
    find: "process.exitCode = problems.length > 0 ? 1 : 0;",
    replace: "process.exitCode = 0;",
  },
  {
    breaks: "the innermost part of the code reached for the disk",
    file: "software/kernel/src/clock.ts",
    find: "export interface Clock {",
    replace: 'import "node:fs";\nexport interface Clock {',
  },
];

/** Weakens copies of the sources: their licence, their rules, their gates, and what the gates are to find. */
export const gateSaboteur: Saboteur = {
  claim: "SEC-1",
  set: async (scene) => {
    const scope = { databases: [(await scene.scratch("first")).name] };
    return {
      scope,
      sabotages: changes.map(({ breaks, ...patch }) => ({
        breaks,
        apart: true,
        spoil: async () => {
          const { root, remove } = scene.sources([patch]);
          return { repair: async () => remove(), scope: { ...scope, repository: root } };
        },
      })),
    };
  },
};
