"use client";

import { Button, ErrorNotice } from "@turnpike/ui";

/** Something nobody foresaw. Next keeps its message from the browser; its digest finds it in the log. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <div className="mx-auto max-w-2xl">
      <ErrorNotice
        happened="This page could not be shown."
        untouched="Nothing was changed by looking at it."
        next="Try again. If it stays, give the reference to your platform team."
        reference={error.digest}
        actions={<Button onClick={reset}>Try again</Button>}
      />
    </div>
  );
}
