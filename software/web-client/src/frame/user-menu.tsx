import { ChevronsUpDown, Contrast, Keyboard, KeyRound, LogOut, Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { Avatar } from "../ui/badge.tsx";
import { MenuButton, type MenuEntry } from "../ui/menu.tsx";
import { showFailure } from "../ui/toasts.ts";
import { postRpc } from "../wire/call.ts";
import { useApp } from "./app-context.ts";
import { keysOpen } from "./palette-state.ts";
import { forgetRecents } from "./recents.ts";
import { chooseAppearance, readAppearance, type Theme } from "./theme.ts";

const themes = [
  { theme: "system", label: "As the system", icon: Monitor },
  { theme: "light", label: "Light", icon: Sun },
  { theme: "dark", label: "Dark", icon: Moon },
] as const;

/** Who is signed in; below: looks, and the way out. */
export function UserMenu({ folded }: { readonly folded: boolean }) {
  const { user } = useApp();
  const looks = useLooks();
  const keysEntry: MenuEntry = {
    key: "keys",
    label: "Keyboard",
    icon: Keyboard,
    trail: "?",
    act: () => keysOpen.set(true),
  };
  const accountEntry: MenuEntry = {
    key: "account",
    label: "Password, devices, keys",
    icon: KeyRound,
    act: () => location.assign("/web/account"),
  };
  const signOutEntry: MenuEntry = {
    key: "sign-out",
    label: "Sign out",
    icon: LogOut,
    act: () => void signOut(),
  };
  return (
    <MenuButton
      label="You"
      placement="top start"
      trigger={
        <Button className="rail-user" {...(folded ? { "aria-label": `${user.name}: your menu` } : {})}>
          <Avatar name={user.name} />
          {folded ? null : (
            <>
              <span className="rail-user-name">
                {user.name}
                <small>{user.login}</small>
              </span>
              <ChevronsUpDown className="icon" aria-hidden />
            </>
          )}
        </Button>
      }
      groups={[
        { key: "looks", label: "Appearance", entries: looks },
        { key: "out", entries: [accountEntry, keysEntry, signOutEntry] },
      ]}
    />
  );
}

function useLooks(): MenuEntry[] {
  const [appearance, setAppearance] = useState(readAppearance);
  const choose = (next: { theme?: Theme; moreContrast?: boolean }) => {
    chooseAppearance({ ...appearance, ...next });
    setAppearance(readAppearance());
  };
  const contrast: MenuEntry = {
    key: "contrast",
    label: "More contrast",
    icon: Contrast,
    checked: appearance.moreContrast,
    act: () => choose({ moreContrast: !appearance.moreContrast }),
  };
  const entries = themes.map(({ theme, label, icon }) => ({
    key: theme,
    label,
    icon,
    checked: appearance.theme === theme,
    act: () => choose({ theme }),
  }));
  return [...entries, contrast];
}

async function signOut(): Promise<void> {
  try {
    await postRpc("/web/session/destroy", {});
    forgetRecents();
    location.assign("/web/login");
  } catch (error) {
    showFailure(error);
  }
}
