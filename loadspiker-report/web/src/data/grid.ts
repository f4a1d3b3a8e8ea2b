// The grid of histograms: `loadspiker-report/src/html/grid.rs` is the other half of this file.

/** The bucket of a time in microseconds. */
export function bucketOf(micros: number, bits: number): number {
  const exact = 2 ** (bits + 1);
  if (micros < exact) return Math.floor(micros);
  const shift = Math.floor(Math.log2(micros)) - bits;
  return shift * 2 ** bits + Math.floor(micros / 2 ** shift);
}

/** The lowest time of a bucket. */
export function lowest(bucket: number, bits: number): number {
  const exact = 2 ** (bits + 1);
  if (bucket < exact) return bucket;
  const shift = Math.floor(bucket / 2 ** bits) - 1;
  return (bucket - shift * 2 ** bits) * 2 ** shift;
}

/** The middle of a bucket, which stands for all times in it. */
export function middle(bucket: number, bits: number): number {
  const low = lowest(bucket, bits);
  return low + (lowest(bucket + 1, bits) - 1 - low) / 2;
}
