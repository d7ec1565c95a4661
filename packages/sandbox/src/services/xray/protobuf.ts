/**
 * Reads the Protocol Buffers wire format, as much as OTLP's traces need: fields by number, each with every value it had.
 * Raises `RangeError` where a message ends within a field. https://protobuf.dev/programming-guides/encoding/
 */
export type Fields = ReadonlyMap<number, readonly FieldValue[]>;
/** A varint or a fixed number is a bigint; text, bytes and messages are bytes. */
type FieldValue = bigint | Buffer;

function readMessage(bytes: Buffer): Fields {
  const fields = new Map<number, FieldValue[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("A varint has more than ten bytes.");
  };
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new RangeError("A field is longer than its message.");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const values = fields.get(key >>> 3) ?? [];
    fields.set(key >>> 3, values);
    switch (key & 7) {
      case 0:
        values.push(varint());
        break;
      case 1:
        values.push(take(8).readBigUInt64LE());
        break;
      case 2:
        values.push(take(Number(varint())));
        break;
      case 5:
        values.push(BigInt(take(4).readUInt32LE()));
        break;
      default:
        throw new RangeError(`Wire type ${key & 7} isn't known.`);
    }
  }
  return fields;
}

export const messages = (fields: Fields, number: number): Fields[] =>
  (fields.get(number) ?? []).flatMap((value) => (typeof value === "bigint" ? [] : [readMessage(value)]));

export function bytesOf(fields: Fields, number: number): Buffer | undefined {
  const value = fields.get(number)?.at(-1);
  return typeof value === "bigint" ? undefined : value;
}

export const textOf = (fields: Fields, number: number): string => bytesOf(fields, number)?.toString("utf8") ?? "";

export function integerOf(fields: Fields, number: number): bigint | undefined {
  const value = fields.get(number)?.at(-1);
  return typeof value === "bigint" ? value : undefined;
}
