import { clsx } from "clsx";

/** The place of something that is being read. Still, so that a slow page doesn't flicker. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={clsx("rounded-mark bg-unknown-soft", className)} />;
}

/** Rows of a list that is being read. */
export function SkeletonRows({ rows = 5, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-3 p-4">
      {Array.from({ length: rows }, (_, index) => index).map((row) => (
        <Skeleton key={row} className={clsx("h-5", row % 3 === 1 ? "w-2/3" : row % 3 === 2 ? "w-5/6" : "w-full")} />
      ))}
    </div>
  );
}
