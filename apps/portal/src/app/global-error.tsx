"use client";

import "./globals.css";
import { Button, ErrorNotice } from "@turnpike/ui";

/** The frame itself failed: the last resort, without it. */
export default function GlobalError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <html lang="en">
      <body>
        <main className="mx-auto max-w-2xl p-6 pt-16">
          <title>Turnpike</title>
          <ErrorNotice
            happened="Turnpike could not be shown."
            untouched="Nothing was changed."
            next="Its database or the platform repository may be out of reach. Try again in a minute; if it stays, give the reference to your platform team."
            reference={error.digest}
            actions={<Button onClick={reset}>Try again</Button>}
          />
        </main>
      </body>
    </html>
  );
}
