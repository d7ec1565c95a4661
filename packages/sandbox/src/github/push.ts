import type { IncomingMessage, ServerResponse } from "node:http";
import type { GitHub } from "./api.ts";
import type { Principal } from "./authentication.ts";
import { notFound } from "./errors.ts";
import { moveRefs, mustMoveForward, refusalOf } from "./ref-moves.ts";
import type { RepositoryRecord } from "./rows.ts";
import { answerPush, readPush, refusePush } from "./smart-http.ts";

/**
 * Takes a push over HTTP. What is asked for is judged before git sees it; what happened is recorded before the pusher
 * hears of it. Pushes to one repository are taken one after the other, so that of two at once the later one is told to
 * fetch first. Known gap: where one push moves a protected branch and forces another, the other is refused too.
 */
export async function takePush(
  github: GitHub,
  { owner, name }: RepositoryRecord,
  principal: Exclude<Principal, { kind: "app" }>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const push = await readPush(request);
  const named = github.records.repository(owner, name);
  if (!named) throw notFound();
  let told: Buffer = Buffer.alloc(0);
  await github.locked(named, async () => {
    const repository = github.records.repository(owner, name);
    if (repository?.id !== named.id) throw notFound();
    if (!push.isRead) {
      refusePush(response, push, "This push holds a command that can't be read. Nothing was changed.");
      return;
    }
    const reason = push.updates.map((update) => refusalOf(github, repository, principal, update)).find(Boolean);
    if (reason) {
      refusePush(response, push, reason);
      return;
    }
    const forwardOnly = push.updates.filter(({ ref }) => mustMoveForward(github, repository, ref));
    const { account } = principal;
    await moveRefs(github, repository, { account, updates: push.updates }, async () => {
      const { moved, answer } = await github.smartHttp.receivePack(github.directoryOf(repository), push, forwardOnly);
      told = answer;
      return moved;
    });
    answerPush(response, told);
  });
}
