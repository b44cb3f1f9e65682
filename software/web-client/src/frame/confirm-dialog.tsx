import { type FormEvent, useState } from "react";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { useStore } from "../ui/store.ts";
import { postRpc } from "../wire/call.ts";
import { failureOf, type RemoteFailure } from "../wire/failure.ts";
import { confirmationWanted, settleConfirmation } from "../wire/session.ts";
import type { AppDescription } from "../wire/shapes.ts";

/** Asks for the password again before something sensitive: the call that needs it waits, then goes on. */
export function ConfirmDialog({ app }: { readonly app: AppDescription }) {
  const wanted = useStore(confirmationWanted);
  return wanted ? <ConfirmAgain app={app} /> : null;
}

function ConfirmAgain({ app }: { readonly app: AppDescription }) {
  const [failure, setFailure] = useState<RemoteFailure | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get("password") ?? "");
    setBusy(true);
    try {
      await postRpc("/web/session/confirm", { password });
      settleConfirmation(true);
    } catch (error) {
      setFailure(failureOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title="Confirm that it is you" onClose={() => settleConfirmation(false)}>
      <p>This needs your password again. It then counts for ten minutes.</p>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <input
          type="text"
          name="login"
          autoComplete="username"
          value={app.user.login}
          readOnly
          className="unseen"
          tabIndex={-1}
          aria-hidden
        />
        <label className="stack-label">
          Password of {app.user.login}
          <input
            className="input"
            type="password"
            name="password"
            autoComplete="current-password"
            required
            autoFocus
          />
        </label>
        {failure ? (
          <p role="alert" className="field-error">
            {failure.message}
          </p>
        ) : null}
        <div className="stack-row">
          <a href="/web/confirm" target="_blank" rel="noreferrer">
            Confirm another way
          </a>
          <Button onPress={() => settleConfirmation(true)}>I have confirmed</Button>
          <Button look="primary" type="submit" isDisabled={busy}>
            {busy ? "Confirming…" : "Confirm"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
