/** git's pkt-line framing. Source: https://git-scm.com/docs/protocol-common#_pkt_line_format */

export const FLUSH = Buffer.from("0000");

export function packet(content: string | Buffer): Buffer {
  const data = Buffer.from(content);
  return Buffer.concat([Buffer.from((data.length + 4).toString(16).padStart(4, "0")), data]);
}

/** One packet of a multiplexed answer: band 1 carries the report, band 2 text for the person. */
export function band(number: 1 | 2, content: string | Buffer): Buffer {
  return packet(Buffer.concat([Buffer.from([number]), Buffer.from(content)]));
}

/** The packets before the first flush. */
export function* readPackets(body: Buffer): Generator<string> {
  for (let offset = 0; offset + 4 <= body.length; ) {
    const length = Number.parseInt(body.toString("latin1", offset, offset + 4), 16);
    if (!(length >= 4)) return;
    yield body.toString("utf8", offset + 4, offset + length);
    offset += length;
  }
}
