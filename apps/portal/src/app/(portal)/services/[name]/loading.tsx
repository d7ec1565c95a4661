import { Card, SkeletonRows } from "@turnpike/ui";

export default function Loading() {
  return (
    <Card>
      <SkeletonRows rows={6} label="Loading" />
    </Card>
  );
}
