import { buttonClass, ErrorNotice, Notice } from "@turnpike/ui";
import { redirect } from "next/navigation";
import type { Metadata } from "next/types";
import { Logo } from "../../frame/rail.tsx";
import { currentActor } from "../../server/actor.ts";
import { container } from "../../server/deps.ts";
import { safePath } from "../../server/origin.ts";

export const metadata: Metadata = { title: "Sign in" };

/** What the callback may answer with, in words. */
const reasons: Record<string, { happened: string; next: string }> = {
  access_denied: {
    happened: "The sign-in was refused at your identity provider.",
    next: "Try again, or use another account.",
  },
  email_not_verified: {
    happened: "Your identity provider has not verified your e-mail address.",
    next: "Turnpike knows people by their verified address. Ask your identity team to verify yours.",
  },
  account_not_linked: {
    happened: "This e-mail address already belongs to another identity here.",
    next: "Identities are never merged by e-mail. Ask your platform team.",
  },
  issuer_unavailable: {
    happened: "Your identity provider does not answer.",
    next: "Try again in a minute. If it stays, tell your platform team.",
  },
};

const otherwise = {
  happened: "The sign-in did not finish.",
  next: "It may have taken too long, or been opened twice. Try again.",
};

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { config } = await container();
  const { next, error, "signed-out": signedOut } = await searchParams;
  const wanted = safePath(typeof next === "string" ? next : undefined, config.portalUrl);
  if (!error && (await currentActor())) redirect(wanted);
  const reason = typeof error === "string" ? (reasons[error] ?? otherwise) : undefined;
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-6">
      <div className="flex w-full max-w-sm flex-col gap-6 rounded-card border border-line bg-card p-8">
        <div className="flex items-center gap-3">
          <Logo />
          <h1 className="font-semibold text-xl">Turnpike</h1>
        </div>
        <p className="text-muted">From an idea to production on AWS, on a paved road with gates.</p>
        {reason && <ErrorNotice happened={reason.happened} untouched="You are not signed in." next={reason.next} />}
        {signedOut && !reason && <Notice state="healthy" title="You are signed out." />}
        <a
          href={wanted === "/" ? "/sign-in/start" : `/sign-in/start?next=${encodeURIComponent(wanted)}`}
          className={buttonClass({ variant: "primary", size: "touch" })}
        >
          Sign in
        </a>
      </div>
      <p className="text-muted text-sm">You sign in at {new URL(config.oidc.issuer).host}.</p>
    </main>
  );
}
