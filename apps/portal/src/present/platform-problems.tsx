import type { listProblems } from "@turnpike/domain/platform";
import { Notice } from "@turnpike/ui";

/** Documents of the platform repository that can't be taken over, by file and line. */
export function PlatformProblems({ problems }: { problems: Awaited<ReturnType<typeof listProblems>> }) {
  return (
    <Notice
      state="attention"
      title={
        problems.length === 1
          ? "A document of the platform repository is not valid"
          : `${problems.length} problems in documents of the platform repository`
      }
    >
      <p>Their last valid version stays in force. Correct them with a commit or a pull request.</p>
      <ul className="mt-2 flex flex-col gap-1">
        {problems.slice(0, 10).map(({ path, line, message, commit }) => (
          <li key={`${path}:${line}:${message}`} className="break-words">
            <code className="font-mono">
              {path}
              {line !== undefined && `:${line}`}
            </code>{" "}
            at <code className="font-mono">{commit.slice(0, 7)}</code>: {message}
          </li>
        ))}
      </ul>
      {problems.length > 10 && <p className="mt-1">And {problems.length - 10} more.</p>}
    </Notice>
  );
}
