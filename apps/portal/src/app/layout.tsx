import "./globals.css";
import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";
import { cookies } from "next/headers";
import type { Metadata, Viewport } from "next/types";
import type { ReactNode } from "react";
import { isTheme, THEME_COOKIE } from "../frame/theme.ts";

export const metadata: Metadata = {
  title: { default: "Turnpike", template: "%s · Turnpike" },
  description: "A paved road with gates for serverless services.",
};

export const viewport: Viewport = { width: "device-width", initialScale: 1 };

/** The theme is on <html> before the first byte of CSS arrives, so that nothing flashes and no script is needed. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = (await cookies()).get(THEME_COOKIE)?.value;
  return (
    <html
      lang="en"
      className={`${GeistSans.variable} ${GeistMono.variable}`}
      {...(isTheme(theme) && theme !== "system" ? { "data-theme": theme } : {})}
    >
      <body className="min-h-dvh">{children}</body>
    </html>
  );
}
