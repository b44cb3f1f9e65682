import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { showToast } from "../ui/toasts.ts";

/** A secret that was just made: shown this once, to be copied. */
export function SecretDialog({
  title,
  secret,
  message,
  onClose,
}: {
  readonly title: string;
  readonly secret: string;
  readonly message: string;
  readonly onClose: () => void;
}) {
  const copy = async () => {
    await navigator.clipboard.writeText(secret);
    showToast({ message: "The secret is in the clipboard.", level: "success" });
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      firm
      foot={
        <>
          <Button look="secondary" onPress={() => void copy()}>
            Copy
          </Button>
          <Button look="primary" onPress={onClose}>
            I have it
          </Button>
        </>
      }
    >
      <p>{message}</p>
      <p>
        <code className="secret">{secret}</code>
      </p>
    </Dialog>
  );
}
