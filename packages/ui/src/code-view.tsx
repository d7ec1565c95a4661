import { clsx } from "clsx";
import { CopyButton } from "./copy-button.tsx";
import { highlight, numbered, type TokenKind } from "./highlight.ts";
import { ScrollRegion } from "./scroll-region.tsx";

const inks: Record<TokenKind, string> = {
  plain: "",
  comment: "text-muted italic",
  string: "text-healthy",
  keyword: "text-person",
  number: "text-attention",
  name: "text-progress",
  heading: "font-semibold text-accent",
};

/** A file with line numbers and colours. Scrolls inside itself in both directions; reachable with the keyboard. */
export function CodeView({
  path,
  text,
  className,
}: {
  /** Tells the language, and names the region. */
  path: string;
  text: string;
  className?: string;
}) {
  const lines = numbered(highlight(path, text.endsWith("\n") ? text.slice(0, -1) : text));
  return (
    <div className={clsx("relative flex min-h-0 min-w-0 flex-col", className)}>
      <div className="flex h-10 shrink-0 items-center gap-1 border-line border-b px-4">
        <span className="truncate font-mono text-sm">{path}</span>
        <CopyButton text={text} label={path} />
      </div>
      <ScrollRegion label={path} className="min-h-0 flex-1 overflow-auto bg-sunken focus-visible:-outline-offset-2">
        <pre className="w-max min-w-full py-3 font-mono text-sm leading-5">
          {lines.map(({ number, tokens }) => (
            <div key={number} className="grid grid-cols-[3.5rem_1fr] pr-4">
              <span aria-hidden className="select-none pr-4 text-right text-muted tabular-nums">
                {number}
              </span>
              <code>
                {tokens.length === 0
                  ? "\u200b"
                  : tokens.map(({ kind, text: part, column }) => (
                      <span key={column} className={inks[kind]}>
                        {part}
                      </span>
                    ))}
              </code>
            </div>
          ))}
        </pre>
      </ScrollRegion>
    </div>
  );
}
