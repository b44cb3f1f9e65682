import { Button } from "../ui/button.tsx";
import { useStore } from "../ui/store.ts";
import { postRpc } from "../wire/call.ts";
import { failureOf, RemoteFailure } from "../wire/failure.ts";
import { appQuery, queryClient } from "../wire/queries.ts";
import { renewSession, sessionEnded } from "../wire/session.ts";
import type { AppDescription } from "../wire/shapes.ts";
import { PasswordDialog } from "./password-dialog.tsx";

/** Signing in again over the page: what is being edited stays, and what was being saved is saved then. */
export function SessionDialog({ app }: { readonly app: AppDescription }) {
  const ended = useStore(sessionEnded);
  if (!ended) return null;
  return (
    <PasswordDialog
      title="Your session has ended"
      sentence="Sign in again to go on. What you were editing is still here."
      firm
      role="alertdialog"
      login={app.user.login}
      words={["Sign in", "Signing in…"]}
      onPassword={(password) => signIn(app, password)}
      onClose={() => {}}
    >
      <a href="/web/login" target="_blank" rel="noreferrer">
        Sign in another way
      </a>
      <Button onPress={() => renewSession()}>I have signed in</Button>
    </PasswordDialog>
  );
}

/** Only the same person goes on: another one must not save the first one's edit. */
async function signIn(app: AppDescription, password: string): Promise<void> {
  const params = { db: app.tenant.name, login: app.user.login, password };
  const session = await postRpc("/web/session/authenticate", params).catch((error: unknown) => {
    throw wrongPassword(failureOf(error));
  });
  const uid = typeof session === "object" && session !== null && "uid" in session ? session.uid : null;
  if (uid !== app.user.id) throw new RemoteFailure("This password is not right.", { kind: "refused" });
  await queryClient.invalidateQueries(appQuery);
  renewSession();
}

/** "Access denied" says too little where there is one password to be wrong. */
function wrongPassword(failure: RemoteFailure): RemoteFailure {
  const denied = failure.kind === "odoo.exceptions.AccessDenied" && failure.message === "Access denied.";
  return denied ? new RemoteFailure("This password is not right.", { kind: failure.kind }) : failure;
}
