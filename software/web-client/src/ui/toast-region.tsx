import { CircleAlert, CircleCheck, TriangleAlert, X } from "lucide-react";
import { Button, IconButton } from "./button.tsx";
import { useStore } from "./store.ts";
import { closeToast, type Toast, toasts } from "./toasts.ts";

const icons = { success: CircleCheck, warning: TriangleAlert, danger: CircleAlert };

/** Where toasts stand; read aloud by screen readers without taking the focus. */
export function ToastRegion() {
  const shown = useStore(toasts);
  return (
    <section className="toasts" aria-label="Notifications" aria-live="polite" aria-relevant="additions">
      {shown.map((toast) => (
        <ToastCard key={toast.key} toast={toast} />
      ))}
    </section>
  );
}

function ToastCard({ toast }: { readonly toast: Toast }) {
  const Icon = icons[toast.level];
  return (
    <div className={`toast ${toast.level}`}>
      <Icon className="icon" aria-hidden />
      <p>
        {toast.message}
        {toast.hint ? <span className="hint">{toast.hint}</span> : null}
      </p>
      {toast.action ? (
        <Button className="act" small onPress={toast.action.act}>
          {toast.action.label}
        </Button>
      ) : null}
      <IconButton icon={X} label="Dismiss" small onPress={() => closeToast(toast.key)} />
    </div>
  );
}
