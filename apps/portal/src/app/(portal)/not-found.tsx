import { buttonClass, Card, EmptyState } from "@turnpike/ui";
import Link from "next/link";

export default function NotFound() {
  return (
    <Card className="mx-auto max-w-2xl">
      <EmptyState
        heading="h1"
        title="There is nothing here that you can see"
        actions={
          <Link href="/services" className={buttonClass()}>
            All services
          </Link>
        }
      >
        The address may be mistyped, the thing may be gone, or it belongs to a team you are not in.
      </EmptyState>
    </Card>
  );
}
