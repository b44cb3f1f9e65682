import { type ComponentProps, type FormEvent, type ReactNode, useState } from "react";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { failureOf, type RemoteFailure } from "../wire/failure.ts";

interface PasswordDialogProps extends Omit<ComponentProps<typeof Dialog>, "children"> {
  /** Why it is asked for. */
  readonly sentence: string;
  readonly login: string;
  /** On the button, at rest and while it is being done. */
  readonly words: readonly [string, string];
  /** What it throws is shown in place. */
  readonly onPassword: (password: string) => Promise<void>;
  /** Other ways, before the button. */
  readonly children: ReactNode;
}

/** Asks the person at work for their password, in a form that password managers know. */
export function PasswordDialog(props: PasswordDialogProps) {
  const { sentence, login, words, onPassword, children, ...dialog } = props;
  const [rest, doing] = words;
  const [failure, setFailure] = useState<RemoteFailure | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get("password") ?? "");
    setBusy(true);
    try {
      await onPassword(password);
    } catch (error) {
      setFailure(failureOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog {...dialog}>
      <p>{sentence}</p>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <input
          type="text"
          name="login"
          autoComplete="username"
          value={login}
          readOnly
          className="unseen"
          tabIndex={-1}
          aria-hidden
        />
        <label className="stack-label">
          Password of {login}
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
          {children}
          <Button look="primary" type="submit" isDisabled={busy}>
            {busy ? doing : rest}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
