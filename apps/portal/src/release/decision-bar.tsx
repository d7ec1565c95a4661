"use client";

import type { DecisionResult, Standing } from "@turnpike/domain/releases";
import { Button, Dialog, DialogActions, Field, Notice, StateIcon, Textarea } from "@turnpike/ui";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { partsOf } from "../frame/parts-of.ts";
import { decideReleaseAction } from "./actions.ts";

type Choice = "approve" | "reject";

/** What the person saw when they chose: the decision is about that, also when the page changes underneath. */
interface Asked {
  readonly choice: Choice;
  readonly fingerprint: string;
}

/** Approve or reject, with a question first; or why this person can't. Stays at the bottom of the window. */
export function DecisionBar({
  releaseId,
  what,
  verdict,
  environment,
  fingerprint,
  standing,
}: {
  releaseId: string;
  /** `orders 4f2c1a9` */
  what: string;
  verdict: string;
  environment: string;
  fingerprint: string;
  standing: Exclude<Standing, { kind: "closed" }>;
}) {
  const router = useRouter();
  const [asked, setAsked] = useState<Asked>();
  const [comment, setComment] = useState("");
  const [error, setError] = useState<string>();
  const [pending, startTransition] = useTransition();

  const ask = (choice: Choice) => {
    setError(undefined);
    setAsked({ choice, fingerprint });
  };
  const decide = ({ choice, fingerprint: seen }: Asked) =>
    startTransition(async () => {
      const answer = await decideReleaseAction({
        id: releaseId,
        decision: choice,
        fingerprint: seen,
        ...(comment.trim() ? { comment: comment.trim() } : {}),
      });
      const refusal = answer.ok ? refusalOf(answer.value) : answer.problem.message;
      setError(refusal);
      if (refusal === undefined) setAsked(undefined);
      router.refresh();
    });

  const verb = asked?.choice === "reject" ? "Reject" : "Approve";
  return (
    <div className="sticky bottom-14 z-20 -mx-4 border-line border-t bg-popover px-4 py-3 shadow-float sm:bottom-0 sm:mx-0 sm:rounded-card sm:border">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        {standing.kind === "may-decide" ? (
          <>
            <p className="min-w-0 flex-1 basis-56 break-words">
              <span className="font-medium">{verdict}.</span> <span className="text-muted">One approval decides.</span>
            </p>
            <div className="flex flex-1 gap-2 sm:flex-none">
              <Button variant="secondary" size="touch" className="flex-1" onClick={() => ask("reject")}>
                Reject
              </Button>
              <Button
                variant="primary"
                size="touch"
                className="flex-1"
                data-shortcut="approve"
                onClick={() => ask("approve")}
              >
                Approve {what}
              </Button>
            </div>
          </>
        ) : (
          <p className="flex min-w-0 items-start gap-2">
            <StateIcon state="attention" label="" className="mt-0.5" />
            <span className="min-w-0 break-words">
              <span className="font-medium">You can't decide this.</span> {standing.reason}
            </span>
          </p>
        )}
      </div>
      <Dialog
        open={asked !== undefined}
        onOpenChange={(open) => {
          if (!open && !pending) setAsked(undefined);
        }}
        title={`${verb} ${what}?`}
        description={
          asked?.choice === "reject"
            ? `Nothing is deployed to ${environment}, and the pipeline stops here. What runs there now stays.`
            : `${verdict} in ${environment}. Exactly the change set on this page is executed, in your name.`
        }
      >
        <div className="flex flex-col gap-4 overflow-y-auto px-5 py-4">
          <Field id="comment" label="Comment" optional help="Kept with the decision in the platform repository.">
            <Textarea
              id="comment"
              aria-describedby="comment-help"
              maxLength={1000}
              value={comment}
              onChange={({ target }) => setComment(target.value)}
            />
          </Field>
          {error && (
            <Notice state="failing" title={partsOf(error).happened}>
              {partsOf(error).rest}
            </Notice>
          )}
        </div>
        <DialogActions>
          <Button onClick={() => setAsked(undefined)} disabled={pending}>
            Cancel
          </Button>
          <Button
            variant={asked?.choice === "reject" ? "danger" : "primary"}
            disabled={pending}
            onClick={() => asked && decide(asked)}
          >
            {pending ? "Recording …" : `${verb} ${what}`}
          </Button>
        </DialogActions>
      </Dialog>
    </div>
  );
}

function refusalOf(result: DecisionResult): string | undefined {
  if (result.kind === "recorded") return undefined;
  return result.kind === "refused" ? result.reason : result.message;
}
