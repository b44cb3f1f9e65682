import { type ReactNode, useState } from "react";
import { navigate } from "../router/history.ts";
import { listUrl, recordUrl } from "../router/routes.ts";
import { formatSearch } from "../search/facet.ts";
import { searchOfDomain } from "../search/of-domain.ts";
import { showToast } from "../ui/toasts.ts";
import { callMethod } from "../wire/call.ts";
import { failureOf, type RemoteFailure } from "../wire/failure.ts";
import { modelChanged } from "../wire/queries.ts";
import { type Action, isAction } from "../wire/shapes.ts";
import { SecretDialog } from "./secret-dialog.tsx";
import { WatchDialog } from "./watch-dialog.tsx";

/** What a button calls. */
export interface MethodCall {
  readonly model: string;
  readonly ids: readonly number[];
  readonly method: string;
  readonly answers: Readonly<Record<string, unknown>>;
  readonly label: string;
}

/** Calls methods and does what they answer. `dialog` is to be drawn somewhere. */
export function useActionRunner({ onDone }: { readonly onDone: () => void }): {
  readonly busy: boolean;
  readonly dialog: ReactNode;
  /** @returns why it was refused; null when it was done. */
  call(what: MethodCall): Promise<RemoteFailure | null>;
} {
  const [busy, setBusy] = useState(false);
  const [watched, setWatched] = useState<{ model: string; id: number; label: string } | null>(null);

  const [secret, setSecret] = useState<Extract<Action, { type: "secret" }> | null>(null);

  const follow = (action: Action, label: string) => {
    if (action.type === "watch")
      setWatched({ model: action.model ?? "platform.operation", id: action.id, label });
    else if (action.type === "secret") setSecret(action);
    else followAction(action);
  };

  const call = async ({ model, ids, method, answers, label }: MethodCall) => {
    setBusy(true);
    try {
      const answer = await callMethod(model, method, { args: [ids], kwargs: answers });
      await modelChanged(model);
      onDone();
      if (isAction(answer)) follow(answer, label);
      return null;
    } catch (error) {
      return failureOf(error);
    } finally {
      setBusy(false);
    }
  };

  const dialog = secret ? (
    <SecretDialog {...secret} onClose={() => setSecret(null)} />
  ) : watched ? (
    <WatchDialog
      {...watched}
      onClose={(result) => {
        setWatched(null);
        onDone();
        if (isAction(result)) follow(result, watched.label);
      }}
    />
  ) : null;
  return { busy, dialog, call };
}

/** Does what a method answered, except what needs a dialog. */
function followAction(action: Exclude<Action, { type: "watch" | "secret" }>): void {
  switch (action.type) {
    case "message":
      showToast({ message: action.message ?? action.text ?? "Done.", level: action.level ?? "success" });
      return;
    case "record":
      void navigate(recordUrl(action.model, action.id));
      return;
    case "list":
      void navigate(listUrl(action.model, formatSearch(searchOfDomain(action.domain ?? []))));
      return;
    case "download":
      download(action.url, action.name);
      return;
    case "url":
      if (!isWebAddress(action.url)) return;
      if (action.newTab) window.open(action.url, "_blank", "noopener,noreferrer");
      else location.assign(action.url);
  }
}

function download(url: string, name: string | undefined): void {
  if (!isWebAddress(url)) return;
  const link = document.createElement("a");
  link.href = url;
  link.download = name ?? "";
  link.click();
}

/** Answers come from apps; an address that is code is never followed. */
function isWebAddress(url: string): boolean {
  return ["https:", "http:"].includes(new URL(url, location.href).protocol);
}
