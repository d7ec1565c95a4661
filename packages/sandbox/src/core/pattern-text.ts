import { BlockList, isIP } from "node:net";

interface Part {
  /** Undefined: any one. */
  readonly character: string | undefined;
  readonly isStar: boolean;
}

/** `*` stands for any characters, `\*` for itself. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const parts = [...pattern.matchAll(/\\([\\*])|([\s\S])/g)].map(([, escaped, plain]) => ({
    character: escaped ?? plain,
    isStar: plain === "*",
  }));
  return matchesParts(parts, text);
}

/** `*` stands for any characters, `?` for one; nothing stands for these two themselves. */
export function matchesGlob(pattern: string, text: string): boolean {
  const parts = pattern.split("").map((character) => ({
    character: character === "?" ? undefined : character,
    isStar: character === "*",
  }));
  return matchesParts(parts, text);
}

/**
 * Walks both texts once with one mark to fall back to, so that a pattern of many stars over a long text can't stall the
 * sandbox as a regular expression would.
 */
function matchesParts(parts: readonly Part[], text: string): boolean {
  let at = 0;
  let starAt = -1;
  let textMark = 0;
  for (let index = 0; index < text.length; ) {
    const part = parts[at];
    if (part?.isStar) {
      starAt = at++;
      textMark = index;
    } else if (part && (part.character ?? text[index]) === text[index]) {
      at++;
      index++;
    } else if (starAt >= 0) {
      at = starAt + 1;
      index = ++textMark;
    } else return false;
  }
  return parts.slice(at).every(({ isStar }) => isStar);
}

/** Whether an address is in `10.0.0.0/8` or `2600::/16`; undefined when that is no CIDR block. */
export function inCidr(block: string, address: string): boolean | undefined {
  const [network = "", bits = "", ...rest] = block.split("/");
  const version = isIP(network);
  const prefix = Number(bits);
  if (rest.length > 0 || version === 0 || !/^\d+$/.test(bits) || prefix > (version === 4 ? 32 : 128)) return undefined;
  if (isIP(address) !== version) return false;
  const list = new BlockList();
  const family = version === 4 ? "ipv4" : "ipv6";
  list.addSubnet(network, prefix, family);
  return list.check(address, family);
}
