export interface BatchObject {
  readonly type: string;
  readonly content: Buffer;
}

/**
 * The answers of `git cat-file --batch`, in the order of the questions; undefined for what isn't there.
 * Source: https://git-scm.com/docs/git-cat-file#_batch_output
 */
export function parseBatch(output: Buffer, count: number): (BatchObject | undefined)[] {
  const objects: (BatchObject | undefined)[] = [];
  let offset = 0;
  while (objects.length < count && offset < output.length) {
    const end = output.indexOf(0x0a, offset);
    const header = /^[0-9a-f]+ (\w+) (\d+)$/.exec(output.toString("utf8", offset, end));
    offset = end + 1;
    if (!header?.[1]) {
      objects.push(undefined);
      continue;
    }
    const size = Number(header[2]);
    objects.push({ type: header[1], content: output.subarray(offset, offset + size) });
    offset += size + 1;
  }
  return objects;
}
