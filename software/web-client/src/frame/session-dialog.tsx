import { type FormEvent, useState } from "react";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { useStore } from "../ui/store.ts";
import { postRpc } from "../wire/call.ts";
import { failureOf, RemoteFailure } from "../wire/failure.ts";
import { appQuery, queryClient } from "../wire/queries.ts";
import { renewSession, sessionEnded } from "../wire/session.ts";
import type { AppDescription } from "../wire/shapes.ts";

/** Signing in again over the page: what is being edited stays, and what was being saved is saved then. */
export function SessionDialog({ app }: { readonly app: AppDescription }) {
  const ended = useStore(sessionEnded);
  return ended ? <SignInAgain app={app} /> : null;
}

function SignInAgain({ app }: { readonly app: AppDescription }) {
  const [failure, setFailure] = useState<RemoteFailure | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get("password") ?? "");
    setBusy(true);
    try {
      await signIn(app, password);
    } catch (error) {
      setFailure(wrongPassword(failureOf(error)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title="Your session has ended" firm role="alertdialog" onClose={() => {}}>
      <p>Sign in again to go on. What you were editing is still here.</p>
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
          <a href="/web/login" target="_blank" rel="noreferrer">
            Sign in another way
          </a>
          <Button onPress={() => renewSession()}>I have signed in</Button>
          <Button look="primary" type="submit" isDisabled={busy}>
            {busy ? "Signing in…" : "Sign in"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** "Access denied" says too little where there is one password to be wrong. */
function wrongPassword(failure: RemoteFailure): RemoteFailure {
  const denied = failure.kind === "odoo.exceptions.AccessDenied" && failure.message === "Access denied.";
  return denied ? new RemoteFailure("This password is not right.", { kind: failure.kind }) : failure;
}

/** Only the same person goes on: another one must not save the first one's edit. */
async function signIn(app: AppDescription, password: string): Promise<void> {
  const params = { db: app.tenant.name, login: app.user.login, password };
  const session = await postRpc("/web/session/authenticate", params);
  const uid = typeof session === "object" && session !== null && "uid" in session ? session.uid : null;
  if (uid !== app.user.id) throw new RemoteFailure("This password is not right.", { kind: "refused" });
  await queryClient.invalidateQueries(appQuery);
  renewSession();
}
