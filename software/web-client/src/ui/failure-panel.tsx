import { CircleAlert } from "lucide-react";
import type { RemoteFailure } from "../wire/failure.ts";
import { Button } from "./button.tsx";

/** In place of a screen that could not be shown: why, and what to do. */
export function FailurePanel({
  failure,
  onRetry,
}: {
  readonly failure: RemoteFailure;
  readonly onRetry?: () => void;
}) {
  return (
    <div className="empty" role="alert">
      <CircleAlert className="icon failure-icon" aria-hidden />
      <p>{failure.message}</p>
      {failure.hint ? <small>{failure.hint}</small> : null}
      {failure.reference ? <small>Reference {failure.reference}</small> : null}
      {onRetry ? (
        <Button look="secondary" onPress={onRetry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}

/** The same in one strip, above what it is about. */
export function FailureNotice({
  failure,
  onClose,
}: {
  readonly failure: RemoteFailure;
  readonly onClose?: () => void;
}) {
  return (
    <div className="notice danger" role="alert">
      <CircleAlert className="icon" aria-hidden />
      <div className="notice-words">
        <p>
          <strong>{failure.message}</strong>
        </p>
        {failure.hint ? <p>{failure.hint}</p> : null}
        {failure.reference ? <p>Reference {failure.reference}</p> : null}
      </div>
      {onClose ? (
        <Button small onPress={onClose}>
          Close
        </Button>
      ) : null}
    </div>
  );
}
