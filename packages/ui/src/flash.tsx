"use client";

import { clsx } from "clsx";
import { type ReactNode, useEffect, useRef, useState } from "react";

/** Flashes its background once when `watch` becomes another value: a live update that eyes can find. */
export function Flash({ watch, children, className }: { watch: string; children: ReactNode; className?: string }) {
  const seen = useRef(watch);
  const [flashing, setFlashing] = useState(false);
  useEffect(() => {
    if (seen.current === watch) return;
    seen.current = watch;
    setFlashing(true);
  }, [watch]);
  return (
    <div className={clsx(className, flashing && "animate-flash")} onAnimationEnd={() => setFlashing(false)}>
      {children}
    </div>
  );
}
