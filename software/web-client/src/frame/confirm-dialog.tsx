import { useState } from "react";
import { Button } from "../ui/button.tsx";
import { useStore } from "../ui/store.ts";
import { postRpc } from "../wire/call.ts";
import { confirmationWanted, settleConfirmation } from "../wire/session.ts";
import type { AppDescription } from "../wire/shapes.ts";
import { PasswordDialog } from "./password-dialog.tsx";

/** Asks for the password again before something sensitive: the call that needs it waits, then goes on. */
export function ConfirmDialog({ app }: { readonly app: AppDescription }) {
  const wanted = useStore(confirmationWanted);
  const [isElsewhere, setElsewhere] = useState(false);
  if (!wanted) return null;
  const settle = (confirmed: boolean) => {
    setElsewhere(false);
    settleConfirmation(confirmed);
  };
  const confirm = async (password: string) => {
    await postRpc("/web/session/confirm", { password });
    settle(true);
  };
  return (
    <PasswordDialog
      title="Confirm that it is you"
      sentence="This needs your password again. It then counts for ten minutes."
      login={app.user.login}
      words={["Confirm", "Confirming…"]}
      onPassword={confirm}
      onClose={() => settle(false)}
    >
      {isElsewhere ? (
        <Button onPress={() => settle(true)}>I have confirmed</Button>
      ) : (
        <a href="/web/confirm" target="_blank" rel="noreferrer" onClick={() => setElsewhere(true)}>
          Confirm another way
        </a>
      )}
    </PasswordDialog>
  );
}
