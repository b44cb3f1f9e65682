import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { AppProvider, useApp } from "./frame/app-context.ts";
import { ConfirmDialog } from "./frame/confirm-dialog.tsx";
import { HomeScreen } from "./frame/home-screen.tsx";
import { CopyBanner, OfflineNotice } from "./frame/notices.tsx";
import { keysOpen, openPalette, paletteOpen } from "./frame/palette-state.ts";
import { Rail } from "./frame/rail.tsx";
import { loadRecents } from "./frame/recents.ts";
import { SessionDialog } from "./frame/session-dialog.tsx";
import { drawerOpen, TopBar } from "./frame/top-bar.tsx";
import { ListScreen } from "./list/list-screen.tsx";
import { phone, useMedia } from "./list/use-size.ts";
import { usePlace } from "./router/history.ts";
import { type Route, readRoute } from "./router/routes.ts";
import { RestoreDialog } from "./trash/restore-dialog.tsx";
import { FailurePanel } from "./ui/failure-panel.tsx";
import { OptionLayer } from "./ui/option-list.tsx";
import { useStore } from "./ui/store.ts";
import { ToastRegion } from "./ui/toast-region.tsx";
import { failureOf, RemoteFailure } from "./wire/failure.ts";
import { appQuery, modelQuery } from "./wire/queries.ts";
import type { AppDescription } from "./wire/shapes.ts";

const FormScreen = lazy(() =>
  import("./form/form-screen.tsx").then((module) => ({ default: module.FormScreen })),
);
const TrashScreen = lazy(() =>
  import("./trash/trash-screen.tsx").then((module) => ({ default: module.TrashScreen })),
);
const Palette = lazy(() => import("./palette/palette.tsx").then((module) => ({ default: module.Palette })));

const KeysDialog = lazy(() =>
  import("./frame/keys-dialog.tsx").then((module) => ({ default: module.KeysDialog })),
);

const railKey = "holdfast.rail";

/** The whole client: the frame, and the screen that the address names. */
export function App() {
  const { data: app, error, refetch } = useQuery(appQuery);
  if (app) return <Frame app={app} />;
  if (error) return <FailurePanel failure={failureOf(error)} onRetry={() => void refetch()} />;
  return <div className="frame loading" />;
}

function Frame({ app }: { readonly app: AppDescription }) {
  const [folded, setFolded] = useState(() => localStorage.getItem(railKey) === "folded");
  useEffect(() => loadRecents(`${app.tenant.name} ${app.user.id}`), [app.tenant.name, app.user.id]);
  usePaletteKey();
  const fold = () => {
    localStorage.setItem(railKey, folded ? "" : "folded");
    setFolded(!folded);
  };
  return (
    <AppProvider value={app}>
      {app.tenant.neutralized ? <CopyBanner name={app.tenant.name} /> : null}
      <OfflineNotice />
      <div className="frame">
        {useMedia(phone) ? <Drawer /> : <Rail folded={folded} onFold={fold} />}
        <Screen />
      </div>
      <OptionLayer />
      <PaletteHost />
      <ToastRegion />
      <RestoreDialog />
      <SessionDialog app={app} />
      <ConfirmDialog app={app} />
    </AppProvider>
  );
}

function Drawer() {
  const open = useStore(drawerOpen);
  const close = () => drawerOpen.set(false);
  return (
    <ModalOverlay className="scrim drawer-scrim" isOpen={open} isDismissable onOpenChange={close}>
      <Modal className="drawer">
        <Dialog className="dialog" aria-label="Menu">
          <Rail folded={false} onFollow={close} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Screen() {
  const { path, screen } = usePlace();
  const route = readRoute(path);
  if (route.screen === "home") return <HomeScreen />;
  if (route.screen === "unknown") return <Nothing />;
  return <ModelScreen key={screen} route={route} />;
}

function ModelScreen({ route }: { readonly route: Extract<Route, { model: string }> }) {
  const { data: model, error, refetch } = useQuery(modelQuery(route.model));
  const { menus } = useApp();
  if (error) {
    return (
      <main className="screen">
        <TopBar title="Not here" />
        <FailurePanel failure={failureOf(error)} onRetry={() => void refetch()} />
      </main>
    );
  }
  const waiting = (
    <main className="screen">
      <TopBar title={menus.find((item) => item.model === route.model)?.label ?? ""} />
    </main>
  );
  if (!model) return waiting;
  if (route.screen === "list") return <ListScreen model={model} />;
  if (route.screen === "trash")
    return (
      <Suspense fallback={waiting}>
        <TrashScreen model={model} />
      </Suspense>
    );
  return (
    <Suspense fallback={waiting}>
      <FormScreen model={model} id={route.id} />
    </Suspense>
  );
}

function Nothing() {
  return (
    <main className="screen">
      <TopBar title="Not here" />
      <FailurePanel
        failure={
          new RemoteFailure("There is nothing at this address.", {
            kind: "route",
            hint: "Choose an app on the left, or press Ctrl-K.",
          })
        }
      />
    </main>
  );
}

function PaletteHost() {
  const open = useStore(paletteOpen);
  const keys = useStore(keysOpen);
  return (
    <Suspense fallback={null}>
      {open ? <Palette /> : null}
      {keys ? <KeysDialog onClose={() => keysOpen.set(false)} /> : null}
    </Suspense>
  );
}

function usePaletteKey(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).matches("input, textarea, select, [contenteditable]");
      if (event.key === "?" && !typing) keysOpen.set(true);
      if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      openPalette();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}
