"use client";

import dynamic from "next/dynamic";

/** Its code is fetched when it is opened for the first time. */
export const LazyPalette = dynamic(() => import("./palette.tsx").then(({ Palette }) => Palette), { ssr: false });
