"use client";

import { useRouter } from "next/navigation";
import { startTransition, useEffect } from "react";

/** Reads the page again at an interval, for what sends no events: metrics, logs and traces. Only while it is seen. */
export function RefreshEvery({ seconds }: { seconds: number }) {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) startTransition(() => router.refresh());
    }, seconds * 1000);
    return () => clearInterval(timer);
  }, [router, seconds]);
  return null;
}
