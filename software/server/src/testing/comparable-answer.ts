import type { Answer } from "./browser.ts";

/** The answer without what is random in every answer, and without the name that was asked for itself. */
export function comparable({ status, headers, cookies, body }: Answer, login: string): string {
  const { date: _date, ...rest } = headers;
  const text = JSON.stringify([status, rest, cookies.map((one) => one.split("=")[0]), body]);
  return text
    .replaceAll(login, "LOGIN")
    .replaceAll(/nonce-[A-Za-z0-9+/=]+/g, "NONCE")
    .replaceAll(/name=\\"csrf_token\\" value=\\"[^"\\]+\\"/g, "TOKEN")
    .replaceAll(/\\"challenge\\":\\"[^"\\]+\\"/g, "CHALLENGE")
    .replaceAll(/__Host-visitor=[^;]+/g, "VISITOR")
    .replaceAll(/"content-length":"\d+"/g, "LENGTH");
}
