import { buttonClass, Card, EmptyState } from "@turnpike/ui";
import Link from "next/link";

export default function NotFound() {
  return (
    <main className="p-6">
      <Card className="mx-auto mt-16 max-w-2xl">
        <EmptyState
          heading="h1"
          title="There is no such page"
          actions={
            <Link href="/" className={buttonClass()}>
              Home
            </Link>
          }
        >
          The address may be mistyped.
        </EmptyState>
      </Card>
    </main>
  );
}
