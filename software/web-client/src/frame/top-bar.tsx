import { ChevronRight, Menu } from "lucide-react";
import { Fragment, type ReactNode, useEffect } from "react";
import { type Crumb, returnTo, setTitle, usePlace } from "../router/history.ts";
import { opensElsewhere } from "../router/link.tsx";
import { IconButton } from "../ui/button.tsx";
import { createStore } from "../ui/store.ts";

/** Whether the rail's drawer is open, on phones. */
export const drawerOpen = createStore(false);

interface TopBarProps {
  readonly title: string;
  /** The app that the title belongs to, where the title alone says too little. */
  readonly app?: string | undefined;
  /** Stands after the title: a dirty mark, a count. */
  readonly mark?: ReactNode;
  readonly children?: ReactNode;
}

/** The bar over every screen: where one came from, what this is, what can be done. */
export function TopBar({ title, app, mark, children }: TopBarProps) {
  const { trail } = usePlace();
  useEffect(() => setTitle(app ? `${app}: ${title}` : title), [app, title]);
  return (
    <header className="top-bar">
      <IconButton icon={Menu} label="Menu" className="drawer-button" onPress={() => drawerOpen.set(true)} />
      <nav className="crumbs" aria-label="Where you came from">
        {trail.map((crumb) => (
          <Fragment key={crumb.url}>
            <CrumbLink crumb={crumb} />
            <ChevronRight className="icon" aria-hidden />
          </Fragment>
        ))}
        <h1>
          {app ? <span className="title-app">{app}</span> : null}
          {title}
        </h1>
        {mark}
      </nav>
      <div className="top-actions">{children}</div>
    </header>
  );
}

function CrumbLink({ crumb }: { readonly crumb: Crumb }) {
  return (
    <a
      href={crumb.url}
      onClick={(event) => {
        if (opensElsewhere(event)) return;
        event.preventDefault();
        void returnTo(crumb);
      }}
    >
      {crumb.label}
    </a>
  );
}
