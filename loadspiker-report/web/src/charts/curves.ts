// Curves of a distribution: how often each time occurred, and which share is not above which time.
import type { Histogram } from '../data/histogram';

export interface Curve {
  x: number[];
  lines: (number | null)[][];
}

/** Shares of all times, in columns of equal width on a log scale; of each histogram, as parts of all together. */
export function density(parts: readonly Histogram[]): Curve {
  const all = parts.map((part) => part.buckets());
  const total = parts.reduce((sum, part) => sum + part.count, 0);
  const known = all.flat();
  // Of few values narrow columns would show little but chance.
  const columns = Math.round(Math.min(72, Math.max(12, 3.2 * total ** (1 / 3))));
  if (total === 0) return { x: [], lines: parts.map(() => []) };
  const low = Math.log(Math.max(1, Math.min(...known.map((bucket) => bucket.from))) * 0.92);
  const high = Math.log(Math.max(...known.map((bucket) => bucket.to)) * 1.08);
  const width = (high - low) / columns;
  const lines = all.map((buckets) => {
    const line = new Array<number>(columns).fill(0);
    for (const { from, to, count } of buckets) {
      const [a, b] = [(Math.log(Math.max(from, 1)) - low) / width, (Math.log(Math.max(to, 1)) - low) / width];
      const size = Math.max(b - a, 1e-9);
      // A bucket that reaches over columns is shared among them.
      for (let column = Math.max(0, Math.floor(a)); column < Math.min(columns, Math.max(Math.floor(a) + 1, Math.ceil(b))); column += 1) {
        const part = Math.max(0, Math.min(b, column + 1) - Math.max(a, column)) / size;
        line[column] += (count * part * 100) / total;
      }
    }
    return line;
  });
  return { x: lines[0].map((_, column) => Math.exp(low + (column + 0.5) * width)), lines };
}

/** Where each percentile is on an axis that gives every nine the same room: 90 % at 1, 99 % at 2. */
export const nines = (percent: number): number => -Math.log10(Math.max(1 - percent / 100, 1e-12));
export const percentOf = (x: number): number => (1 - 10 ** -x) * 100;

/** The percentile curve up to 99.999 %, as far as there are values enough to tell. */
export function percentiles(parts: readonly Histogram[]): Curve {
  const most = Math.max(...parts.map((part) => part.count), 1);
  const end = Math.min(5, Math.max(1, Math.log10(most)));
  const x = Array.from({ length: 121 }, (_, at) => (at / 120) * end);
  const lines = parts.map((part) => {
    if (part.count === 0) return x.map(() => null);
    const own = Math.log10(part.count);
    return part.percentiles(x.map(percentOf)).map((value, at) => (x[at] <= own + 1e-9 ? value : null));
  });
  return { x, lines };
}
