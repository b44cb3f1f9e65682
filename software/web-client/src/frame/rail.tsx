import type { MenuItem } from "@holdfast/framework/views/view";
import { PanelLeft, Search } from "lucide-react";
import { Button } from "react-aria-components/Button";
import { TooltipTrigger } from "react-aria-components/Tooltip";
import { usePlace } from "../router/history.ts";
import { Link } from "../router/link.tsx";
import { readRoute } from "../router/routes.ts";
import { parseSearch } from "../search/facet.ts";
import { Hint, IconButton } from "../ui/button.tsx";
import { menuIcon } from "../ui/icons.ts";
import { Logo } from "../ui/logo.tsx";
import { useApp } from "./app-context.ts";
import { currentMenu, menuUrl, type RailApp, railApps } from "./menus.ts";
import { openPalette } from "./palette-state.ts";
import { UserMenu } from "./user-menu.tsx";

interface RailProps {
  readonly folded: boolean;
  /** Absent where folding makes no sense: in the drawer of a phone. */
  readonly onFold?: () => void;
  readonly onFollow?: () => void;
}

/** The left rail: apps with their menus, the palette's button, the person. */
export function Rail({ folded, onFold, onFollow }: RailProps) {
  const app = useApp();
  const current = useCurrentMenu();
  return (
    <div className={`rail ${folded ? "folded" : ""}`}>
      <header className="rail-head">
        <Link
          to="/web"
          trail="reset"
          className="rail-home"
          {...(folded ? { label: "Home" } : {})}
          {...(onFollow ? { onFollow } : {})}
        >
          <Logo />
          <span className="rail-name">{app.user.companyName || app.tenant.name}</span>
        </Link>
        {onFold ? (
          <IconButton
            icon={PanelLeft}
            label={folded ? "Unfold the rail" : "Fold the rail"}
            small
            onPress={onFold}
          />
        ) : null}
      </header>
      <Button
        className="rail-search"
        {...(folded ? { "aria-label": "Search or jump" } : {})}
        aria-keyshortcuts="Control+K"
        onPress={openPalette}
      >
        <Search className="icon" aria-hidden />
        <span>Search or jump…</span>
        <kbd aria-hidden>Ctrl K</kbd>
      </Button>
      <nav className="rail-nav" aria-label="Apps">
        {railApps(app.menus).map((one) => (
          <AppEntry
            key={one.item.key}
            app={one}
            current={current}
            folded={folded}
            {...(onFollow ? { onFollow } : {})}
          />
        ))}
      </nav>
      <UserMenu folded={folded} />
    </div>
  );
}

interface AppEntryProps {
  readonly app: RailApp;
  readonly current: MenuItem | undefined;
  readonly folded: boolean;
  readonly onFollow?: () => void;
}

function AppEntry({ app, current, folded, onFollow }: AppEntryProps) {
  const { menus } = useApp();
  const url = menuUrl(app.item, menus);
  if (!url) return null;
  const open = current?.key === app.item.key || current?.parent === app.item.key;
  const Icon = menuIcon(app.item.icon);
  const children = open && !folded && app.children.length > 1 ? app.children : [];
  const entry = (
    <Link
      to={url}
      trail="reset"
      className={`rail-link ${open ? "open" : ""}`}
      current={open && children.length === 0}
      {...(folded ? { label: app.item.label } : {})}
      {...(onFollow ? { onFollow } : {})}
    >
      <Icon className="icon" aria-hidden />
      <span>{app.item.label}</span>
    </Link>
  );
  return (
    <>
      {folded ? (
        <TooltipTrigger delay={200} closeDelay={0}>
          {entry}
          <Hint>{app.item.label}</Hint>
        </TooltipTrigger>
      ) : (
        entry
      )}
      {children.map((child) => (
        <Link
          key={child.key}
          to={menuUrl(child, menus) ?? "/web"}
          trail="reset"
          className="rail-link child"
          current={child.key === current?.key}
          {...(onFollow ? { onFollow } : {})}
        >
          <span>{child.label}</span>
        </Link>
      ))}
    </>
  );
}

function useCurrentMenu(): MenuItem | undefined {
  const { path, query } = usePlace();
  const { menus } = useApp();
  const route = readRoute(path);
  const model = route.screen === "list" || route.screen === "form" ? route.model : null;
  return currentMenu(menus, model, parseSearch(query, undefined).menu);
}
