import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";

/** The form is being left and could not be saved. */
export function LeaveDialog({
  onStay,
  onDiscard,
}: {
  readonly onStay: () => void;
  readonly onDiscard: () => void;
}) {
  return (
    <Dialog
      title="This is not saved yet"
      role="alertdialog"
      onClose={onStay}
      foot={
        <>
          <Button look="danger" onPress={onDiscard}>
            Discard the changes
          </Button>
          <Button look="primary" onPress={onStay} autoFocus>
            Stay and correct it
          </Button>
        </>
      }
    >
      <p>What is not right yet is marked in the form.</p>
    </Dialog>
  );
}
