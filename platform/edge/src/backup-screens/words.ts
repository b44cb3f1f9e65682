import type { Html } from "@holdfast/framework/http/html";
import { html } from "@holdfast/framework/http/html-tag";

/** A moment, to the minute, in UTC: which zone a reader is in the server does not know here. */
export function when(iso: string | null): Html | string {
  if (iso === null) return "never";
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}

/** How old something is, in the largest unit of which there are two. */
export function age(iso: string | null, nowMs: number): string {
  if (iso === null) return "never";
  const minutes = Math.max(0, Math.floor((nowMs - Date.parse(iso)) / 60_000));
  if (minutes < 2) return "just now";
  if (minutes < 120) return `${minutes} minutes ago`;
  if (minutes < 2_880) return `${Math.floor(minutes / 60)} hours ago`;
  return `${Math.floor(minutes / 1_440)} days ago`;
}

export function size(bytes: number | null): string {
  if (bytes === null) return "";
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1_000)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

const states: Readonly<Record<string, readonly [string, string]>> = {
  stored: ["Stored", "success"],
  partial: ["Not in every vault", "warning"],
  damaged: ["Damaged", "danger"],
  taking: ["Being taken", ""],
  missing: ["Missing", "danger"],
  away: ["Vault away", "warning"],
  failed: ["Failed", "danger"],
  done: ["Done", "success"],
  running: ["Running", ""],
  pending: ["Waiting", ""],
  undoing: ["Being undone", "warning"],
  cancelled: ["Cancelled", ""],
};

export function badge(state: string): Html {
  const [word, tone] = states[state] ?? [state, ""];
  return html`<span class="badge ${tone}">${word}</span>`;
}

export const origins: Readonly<Record<string, string>> = {
  taken: "",
  safety: "before a restore",
  imported: "imported",
};
