/** Commits as a `git fast-import` stream. Source: https://git-scm.com/docs/git-fast-import */

interface StreamedFile {
  readonly path: string;
  /** Undefined removes the file. */
  readonly content: Uint8Array | undefined;
  readonly executable: boolean;
}

export interface StreamedCommit {
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly committer: { readonly name: string; readonly email: string };
  readonly at: Date;
  readonly files: readonly StreamedFile[];
}

/** Names and addresses must not end the line or the address that they stand in. */
const plain = (text: string) => text.replace(/[<>\n\r\0]/g, " ").trim() || "unknown";

/** What git itself refuses to check out, and what would leave a clone's folder. */
const FORBIDDEN = /(^|\/)(\.{0,2}|\.git)(\/|$)|\0/i;

/** A path in C style quotes: any byte but a quote, a backslash and a line's end stands for itself. */
function quoted(path: string): string {
  if (FORBIDDEN.test(path)) throw new TypeError(`"${path}" is no path of a file in a repository. Nothing was written.`);
  return `"${path.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n")}"`;
}

function data(content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`data ${content.byteLength}\n`), content, Buffer.from("\n")]);
}

/**
 * A stream that writes `commits` one on the other to `ref`, the first on `parent` (none: it becomes a root), and
 * prints each commit's sha on its own line.
 */
export function importStream(ref: string, parent: string | undefined, commits: readonly StreamedCommit[]): Buffer {
  const parts: Buffer[] = [];
  commits.forEach((commit, index) => {
    const seconds = Math.floor(commit.at.getTime() / 1000);
    const person = ({ name, email }: { name: string; email: string }) =>
      `${plain(name)} <${plain(email)}> ${seconds} +0000`;
    parts.push(
      Buffer.from(
        `commit ${ref}\nmark :${index + 1}\nauthor ${person(commit.author)}\ncommitter ${person(commit.committer)}\n`,
      ),
      data(Buffer.from(commit.message)),
    );
    if (index === 0 && parent) parts.push(Buffer.from(`from ${parent}\n`));
    for (const file of commit.files) {
      if (file.content === undefined) {
        parts.push(Buffer.from(`D ${quoted(file.path)}\n`));
        continue;
      }
      parts.push(
        Buffer.from(`M ${file.executable ? "100755" : "100644"} inline ${quoted(file.path)}\n`),
        data(file.content),
      );
    }
    parts.push(Buffer.from(`\nget-mark :${index + 1}\n`));
  });
  parts.push(Buffer.from("done\n"));
  return Buffer.concat(parts);
}
