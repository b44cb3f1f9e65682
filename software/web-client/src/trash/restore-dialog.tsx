import { restoreQuestion, restoreRecords } from "../record/restore.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { useStore } from "../ui/store.ts";

/** Asks whether a record is to come back without relations that are gone. */
export function RestoreDialog() {
  const question = useStore(restoreQuestion);
  if (question === null) return null;
  const { model, ids, failure } = question;
  const close = () => restoreQuestion.set(null);
  const goOn = () => {
    close();
    void restoreRecords(model, ids, true);
  };
  return (
    <Dialog
      title="Restore without what is gone?"
      role="alertdialog"
      onClose={close}
      foot={
        <>
          <Button onPress={close} autoFocus>
            Leave it in the trash
          </Button>
          <Button look="primary" onPress={goOn}>
            Restore without it
          </Button>
        </>
      }
    >
      <p>{failure.message}</p>
      {failure.hint ? <p className="soft">{failure.hint}</p> : null}
    </Dialog>
  );
}
