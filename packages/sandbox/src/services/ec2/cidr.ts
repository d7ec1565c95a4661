/** The numbers of an IPv4 block, `10.0.0.0/16`; undefined for what isn't one, or doesn't begin at its first address. */
export function readBlock(cidr: string | undefined): { first: number; size: number; bits: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr ?? "");
  if (!match) return undefined;
  const [a, b, c, d, bits] = match.slice(1).map(Number) as [number, number, number, number, number];
  if ([a, b, c, d].some((part) => part > 255) || bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  const first = ((a * 256 + b) * 256 + c) * 256 + d;
  return first % size === 0 ? { first, size, bits } : undefined;
}

export function contains(outer: string, inner: string): boolean {
  const [a, b] = [readBlock(outer), readBlock(inner)];
  return !!a && !!b && b.first >= a.first && b.first + b.size <= a.first + a.size;
}

export function overlap(one: string, other: string): boolean {
  const [a, b] = [readBlock(one), readBlock(other)];
  return !!a && !!b && a.first < b.first + b.size && b.first < a.first + a.size;
}
