import { Card, Copyable, EmptyState } from "@turnpike/ui";

/** Signed in, and known to no team: nothing to show, and the one thing that changes it. */
export function NoTeam({ email }: { email: string }) {
  return (
    <Card className="mx-auto max-w-2xl">
      <EmptyState heading="h1" title="You are in no team yet">
        <p>
          Turnpike shows what your teams own. Ask an admin of your team to add your e-mail address to its document in
          the platform repository (<code className="font-mono text-sm">teams/your-team.yaml</code>). This page changes
          as soon as that is merged.
        </p>
        <p className="mt-3">
          Your address is <Copyable text={email} label="your e-mail address" />
        </p>
      </EmptyState>
    </Card>
  );
}
