import { Button } from "../ui/button.tsx";
import { useStore } from "../ui/store.ts";
import { postRpc } from "../wire/call.ts";
import { confirmationWanted, settleConfirmation } from "../wire/session.ts";
import type { AppDescription } from "../wire/shapes.ts";
import { PasswordDialog } from "./password-dialog.tsx";

/** Asks for the password again before something sensitive: the call that needs it waits, then goes on. */
export function ConfirmDialog({ app }: { readonly app: AppDescription }) {
  const wanted = useStore(confirmationWanted);
  if (!wanted) return null;
  const confirm = async (password: string) => {
    await postRpc("/web/session/confirm", { password });
    settleConfirmation(true);
  };
  return (
    <PasswordDialog
      title="Confirm that it is you"
      sentence="This needs your password again. It then counts for ten minutes."
      login={app.user.login}
      words={["Confirm", "Confirming…"]}
      onPassword={confirm}
      onClose={() => settleConfirmation(false)}
    >
      <a href="/web/confirm" target="_blank" rel="noreferrer">
        Confirm another way
      </a>
      <Button onPress={() => settleConfirmation(true)}>I have confirmed</Button>
    </PasswordDialog>
  );
}
