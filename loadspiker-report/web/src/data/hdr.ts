// Reads a histogram in HDR's V2 format: a header of 40 bytes (cookie, length, offset, significant digits, lowest,
// highest, ratio), then counts as LEB128 with the sign in the lowest bit, where a negative one stands for so many zeros.

/** Values (the highest of each bucket) with their counts, ascending. */
export function decodeHdr(base64: string): [number, number][] {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const cookie = view.getUint32(0);
  if ((cookie & ~0xf0) >>> 0 !== 0x1c849303) throw new Error('not a histogram in HDR V2 format');
  const length = view.getUint32(4);
  const digits = view.getUint32(12);
  const lowest = Number(view.getBigUint64(16));
  const unit = Math.floor(Math.log2(Math.max(1, lowest)));
  const half = Math.ceil(Math.log2(2 * 10 ** digits)) - 1;
  const size = 2 ** half;
  const valueAt = (index: number): number => {
    let bucket = Math.floor(index / size) - 1;
    let sub = (index % size) + size;
    if (bucket < 0) {
      sub -= size;
      bucket = 0;
    }
    const step = 2 ** (bucket + unit);
    return sub * step + step - 1;
  };
  const found: [number, number][] = [];
  let place = 40;
  let index = 0;
  const end = Math.min(bytes.length, 40 + length);
  while (place < end) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[place++];
      // The ninth byte holds eight bits.
      if (shift === 56n) {
        value |= BigInt(byte) << shift;
        break;
      }
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const number = Number((value >> 1n) ^ -(value & 1n));
    if (number < 0) {
      index -= number;
    } else {
      if (number > 0) found.push([valueAt(index), number]);
      index += 1;
    }
  }
  return found;
}
