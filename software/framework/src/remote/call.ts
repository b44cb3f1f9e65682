import { ExpectedError } from "@holdfast/kernel/errors";
import type { Actor } from "../access/actor.ts";
import { readOnceKey } from "./call-once.ts";

/** What a caller asks for, as it came through any of the doors. Nothing in it is trusted yet. */
export interface RemoteCall {
  readonly model: unknown;
  readonly method: unknown;
  /** Positional arguments. */
  readonly args: unknown;
  /** Named arguments; `context` among them. */
  readonly kwargs: unknown;
}

/** What `context` may ask for. It narrows what the actor sees and says how it is shown; it loosens nothing. */
export interface CallContext {
  readonly activeTest: boolean;
  readonly language: string | undefined;
  readonly timeZone: string | undefined;
  readonly companyIds: readonly number[] | undefined;
  /** Under which a change is made once, however often it is asked for. */
  readonly onceKey: string | undefined;
}

const maxCompanies = 1_000;

/** @throws `bad_request` for a context that is no object, or values of the wrong kind; unknown keys are ignored. */
export function readContext(input: unknown): CallContext {
  if (input === undefined || input === null || input === false) return nothingAsked;
  if (typeof input !== "object" || Array.isArray(input)) throw wrong("an object", "context");
  const { active_test, lang, tz, allowed_company_ids, idempotency_key } = input as Readonly<
    Record<string, unknown>
  >;
  return {
    activeTest: active_test === undefined ? true : Boolean(active_test),
    language: readTag(lang, "lang"),
    timeZone: readTag(tz, "tz"),
    companyIds: readCompanies(allowed_company_ids),
    onceKey: readOnceKey(idempotency_key),
  };
}

const nothingAsked: CallContext = {
  activeTest: true,
  language: undefined,
  timeZone: undefined,
  companyIds: undefined,
  onceKey: undefined,
};

/**
 * The actor as the context shows them: fewer companies, another language or zone. Groups and ids stay.
 *
 * @throws `access_denied` for a company that is not among the actor's own.
 */
export function narrowedActor(actor: Actor, context: CallContext): Actor {
  const { companyIds = actor.companyIds } = context;
  if (companyIds.some((id) => !actor.companyIds.includes(id)))
    throw new ExpectedError(
      "access_denied",
      `The argument "context.allowed_company_ids" names a company that is not among yours.`,
      {
        hint: "Leave that company out.",
      },
    );
  return {
    ...actor,
    companyIds,
    language: context.language?.replaceAll("_", "-") ?? actor.language,
    timeZone: context.timeZone ?? actor.timeZone,
  };
}

function readTag(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null || value === false || value === "") return undefined;
  if (typeof value !== "string" || !/^[A-Za-z0-9_+/@.-]{1,64}$/.test(value))
    throw wrong("a short name", `context.${name}`);
  return value;
}

function readCompanies(value: unknown): readonly number[] | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  const whole = Array.isArray(value) && value.length <= maxCompanies && value.every(Number.isInteger);
  if (!whole) throw wrong("a list of ids", "context.allowed_company_ids");
  return value;
}

function wrong(wanted: string, name: string): ExpectedError {
  return new ExpectedError("bad_request", `The argument "${name}" is not ${wanted}.`);
}
