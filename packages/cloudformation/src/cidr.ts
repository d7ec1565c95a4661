const ADDRESS_BITS = 32;
const MAX_BLOCKS = 256;

/**
 * The first `count` blocks of `bits` bits each in an IPv4 block, as `Fn::Cidr` gives them: `("10.0.0.0/24", 2, 5)` is
 * `["10.0.0.0/27", "10.0.0.32/27"]`. Undefined when they don't fit, or for what isn't such a block. IPv6 isn't known.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html
 */
export function subnetsOf(block: string, count: number, bits: number): string[] | undefined {
  const [, address = "", mask] = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(block) ?? [];
  const parts = address.split(".").map(Number);
  const prefix = Number(mask);
  const isBlock = parts.length === 4 && parts.every((part) => part <= 255) && prefix <= ADDRESS_BITS;
  const isAsked = Number.isInteger(count) && count >= 1 && count <= MAX_BLOCKS && Number.isInteger(bits) && bits >= 1;
  if (!isBlock || !isAsked || bits > ADDRESS_BITS) return undefined;
  const size = 2 ** bits;
  if (count * size > 2 ** (ADDRESS_BITS - prefix)) return undefined;
  const given = parts.reduce((sum, part) => sum * 256 + part, 0);
  const first = given - (given % 2 ** (ADDRESS_BITS - prefix));
  return Array.from({ length: count }, (_, index) => {
    const start = first + index * size;
    const octets = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
    return `${octets.join(".")}/${ADDRESS_BITS - bits}`;
  });
}
