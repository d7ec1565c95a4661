/** A command somewhere in a repository's scripts, with where it stands. */
export interface Command {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Where commands stand that people or machines run: not the code of a function, nor prose. */
const SCRIPTS =
  /^(?:script|scripts|bin|ci|deploy|\.github\/workflows|\.circleci)\/|(?:^|\/)(?:Makefile|Taskfile\.ya?ml|Jenkinsfile|buildspec\.ya?ml|\.gitlab-ci\.yml|bitbucket-pipelines\.yml|azure-pipelines\.yml|package\.json)$|\.(?:sh|bash)$/;

/** Lines of the repository's scripts that match. A comment is no command. */
export function commandsIn(files: ReadonlyMap<string, string>, pattern: RegExp): Command[] {
  return [...files]
    .filter(([file]) => SCRIPTS.test(file))
    .flatMap(([file, text]) =>
      text.split("\n").flatMap((line, index) => {
        const [found] = /^\s*(?:#|\/\/)/.test(line) ? [] : (pattern.exec(line) ?? []);
        return found ? [{ file, line: index + 1, text: found.trim() }] : [];
      }),
    );
}
