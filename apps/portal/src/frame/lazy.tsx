"use client";

import dynamic from "next/dynamic";

// Windows of the frame whose code is fetched when they are opened for the first time.
export const LazyPalette = dynamic(() => import("./palette.tsx").then(({ Palette }) => Palette), { ssr: false });
export const LazyShortcutList = dynamic(() => import("./shortcut-list.tsx").then(({ ShortcutList }) => ShortcutList), {
  ssr: false,
});
