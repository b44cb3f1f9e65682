import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, CircleDashed, LoaderCircle, Undo2 } from "lucide-react";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-panel.tsx";
import { callMethod } from "../wire/call.ts";
import { failureOf, RemoteFailure } from "../wire/failure.ts";
import { type Operation, readOperation, type Step } from "./operation.ts";

/** How often a running operation is asked how far it is. */
const pollMs = 700;

interface WatchDialogProps {
  readonly model: string;
  readonly id: number;
  readonly label: string;
  /** @param result - the action that a finished operation leads to, if any. */
  readonly onClose: (result: unknown) => void;
}

/** How far a long operation is, step by step. It goes on when this is closed. */
export function WatchDialog({ model, id, label, onClose }: WatchDialogProps) {
  const { data, error } = useQuery({
    queryKey: ["operation", model, id],
    queryFn: async ({ signal }) => {
      const rows = await callMethod(model, "read", { args: [[id]], signal });
      return readOperation((rows as Record<string, unknown>[])[0] ?? {});
    },
    gcTime: 0,
    refetchInterval: (query) => (query.state.data?.finished ? false : pollMs),
  });
  const finished = data?.finished ?? false;
  return (
    <Dialog
      title={data?.name || label}
      onClose={() => onClose(finished ? data?.result : null)}
      foot={
        <Button
          look={finished ? "primary" : "secondary"}
          onPress={() => onClose(finished ? data?.result : null)}
        >
          {finished ? "Done" : "Go on in the background"}
        </Button>
      }
    >
      {error ? <FailureNotice failure={failureOf(error)} /> : null}
      {data ? (
        <OperationSteps operation={data} />
      ) : (
        <div className="progress endless">
          <div />
        </div>
      )}
    </Dialog>
  );
}

function OperationSteps({ operation }: { readonly operation: Operation }) {
  const { steps, error, hint, percent, caption, finished } = operation;
  return (
    <div className="operation" aria-live="polite">
      {steps.length > 0 ? (
        <ol className="steps">
          {steps.map((step) => (
            <StepLine key={step.name} step={step} />
          ))}
        </ol>
      ) : null}
      {finished ? null : (
        <div
          className={percent === null ? "progress endless" : "progress"}
          role="progressbar"
          aria-label="Progress"
          aria-valuenow={percent ?? undefined}
          aria-valuemin={0}
          aria-valuemax={100}
        >
          <div style={percent === null ? {} : { width: `${percent}%` }} />
        </div>
      )}
      {caption && !finished ? <p className="soft numeric">{caption}</p> : null}
      {error ? (
        <FailureNotice failure={new RemoteFailure(error, { kind: "operation", ...(hint ? { hint } : {}) })} />
      ) : null}
      {finished && !error && steps.length === 0 ? <p>Done.</p> : null}
    </div>
  );
}

const stepIcons = {
  waiting: CircleDashed,
  running: LoaderCircle,
  done: CircleCheck,
  failed: CircleAlert,
  undone: Undo2,
};

function StepLine({ step }: { readonly step: Step }) {
  const Icon = stepIcons[step.state];
  return (
    <li className={`step ${step.state}`}>
      <Icon className="icon" aria-label={step.state} />
      <span>{step.label}</span>
      {step.detail ? <small>{step.detail}</small> : null}
    </li>
  );
}
