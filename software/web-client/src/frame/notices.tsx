import { FlaskConical, WifiOff } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";
import { useStore } from "../ui/store.ts";
import { request } from "../wire/call.ts";
import { reachable } from "../wire/session.ts";

/** How often an unreachable server is asked again. */
const retryMs = 4_000;

/** Said over every screen of a copy: nothing leaves it. */
export function CopyBanner({ name }: { readonly name: string }) {
  return (
    <div className="banner warning" role="note">
      <FlaskConical className="icon" aria-hidden />
      <span>
        <strong>This is a copy</strong> ({name}). Mails, payments and schedules are switched off: try what you
        like.
      </span>
    </div>
  );
}

/** Said while the server cannot be reached. */
export function OfflineNotice() {
  const online = useSyncExternalStore(subscribeOnline, () => navigator.onLine);
  const answered = useStore(reachable);
  const offline = !online || !answered;
  useEffect(() => {
    if (!offline) return;
    const timer = setInterval(() => void request("/web/app", {}).catch(() => {}), retryMs);
    return () => clearInterval(timer);
  }, [offline]);
  if (!offline) return null;
  return (
    <div className="banner danger" role="status">
      <WifiOff className="icon" aria-hidden />
      <span>
        <strong>{online ? "The server cannot be reached." : "You are offline."}</strong> What you typed stays
        here; save when the connection is back.
      </span>
    </div>
  );
}

function subscribeOnline(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}
