"use client";

import { Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from "@turnpike/ui";
import { LogOut, Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { signOutAction } from "../app/sign-in/actions.ts";
import { THEME_COOKIE, type Theme } from "./theme.ts";

const YEAR_SECONDS = 31_536_000;

/** Who is signed in, what they look at, and the way out. */
export function PersonMenu({
  name,
  email,
  teams,
  theme: initial,
}: {
  name: string;
  email: string;
  teams: readonly string[];
  theme: Theme;
}) {
  const [theme, setTheme] = useState(initial);
  const choose = (next: Theme) => {
    setTheme(next);
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Safari and Firefox
    document.cookie = `${THEME_COOKIE}=${next}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
    if (next === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
  };
  return (
    <Menu
      side="top"
      trigger={
        <button
          type="button"
          className="flex h-10 min-w-0 items-center gap-2.5 rounded-card px-1.5 text-left hover:bg-hover lg:flex-1"
        >
          <span
            data-initials={initials(name)}
            className="flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft font-semibold text-accent text-xs before:content-[attr(data-initials)]"
          />
          <span className="sr-only min-w-0 flex-1 truncate lg:not-sr-only">{name}</span>
          <span className="sr-only">, account and theme</span>
        </button>
      }
    >
      <MenuLabel>
        <span className="block truncate font-medium text-text">{name}</span>
        <span className="block truncate">{email}</span>
        <span className="block">{teams.length > 0 ? teams.join(", ") : "In no team"}</span>
      </MenuLabel>
      <MenuSeparator />
      <MenuChoice
        label="Theme"
        value={theme}
        onChange={choose}
        options={[
          { value: "system", label: [<Monitor key="i" size={16} aria-hidden />, "System"] },
          { value: "light", label: [<Sun key="i" size={16} aria-hidden />, "Light"] },
          { value: "dark", label: [<Moon key="i" size={16} aria-hidden />, "Dark"] },
        ]}
      />
      <MenuSeparator />
      <MenuItem onSelect={() => void signOutAction()}>
        <LogOut size={16} aria-hidden /> Sign out
      </MenuItem>
    </Menu>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return `${words[0]?.[0] ?? "?"}${words.length > 1 ? (words.at(-1)?.[0] ?? "") : ""}`.toUpperCase();
}
