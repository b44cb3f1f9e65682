/** `res.partner,7` as the remote API writes a record of one of several models; null when it is none. */
export function readRecordText(value: unknown): { readonly model: string; readonly id: number } | null {
  const [, model, id] = typeof value === "string" ? (/^([a-z][a-z0-9_.]*),(\d+)$/.exec(value) ?? []) : [];
  return model === undefined || id === undefined ? null : { model, id: Number(id) };
}
