import { Card, Skeleton, SkeletonRows } from "@turnpike/ui";

export default function Loading() {
  return (
    <div className="mx-auto flex max-w-[1280px] flex-col gap-6">
      <h1 className="sr-only">Loading</h1>
      <Skeleton className="h-9 w-56" />
      <Card>
        <SkeletonRows rows={6} label="Loading the page" />
      </Card>
    </div>
  );
}
