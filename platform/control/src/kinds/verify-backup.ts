import { operationKind } from "../operations/step.ts";
import { readBack } from "./read-back.ts";
import { type CopiesSubject, copiesSubject } from "./subject.ts";

/** Reads every copy of a backup again, so that rot is found while another copy is whole. */
export const verifyBackup = operationKind<CopiesSubject>({
  kind: "backup.verify",
  input: copiesSubject,
  steps: [readBack],
});
