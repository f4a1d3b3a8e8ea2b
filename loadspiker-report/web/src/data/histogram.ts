// A histogram of times: merged, and read for percentiles and curves.
import { bucketOf, lowest, middle } from './grid';
import { decodeHdr } from './hdr';
import { T, type Packed, type Times } from './model';

/** What is known exactly, beside buckets. */
export interface Exact {
  min: number;
  max: number;
  sum: number;
}

export class Histogram {
  readonly bits: number;
  private counts = new Map<number, number>();
  private order: number[] | null = null;
  private total = 0;
  private exact: Exact | null = null;

  constructor(bits: number) {
    this.bits = bits;
  }

  /** Of packed buckets, or of a histogram in HDR's V2 format (base64). */
  static of(data: Packed | string | 0 | null | undefined, bits: number): Histogram {
    const histogram = new Histogram(bits);
    if (data) histogram.add(data);
    return histogram;
  }

  /** Adds buckets of the same grid, or of HDR. */
  add(data: Packed | string): void {
    if (typeof data === 'string') {
      for (const [value, count] of decodeHdr(data)) this.put(bucketOf(value, this.bits), count);
      return;
    }
    let bucket = 0;
    for (let place = 0; place + 1 < data.length; place += 2) {
      bucket += data[place];
      this.put(bucket, data[place + 1]);
    }
  }

  /** Says what is known exactly of the values put in until now. */
  known(exact: Exact): void {
    this.exact = exact;
  }

  merge(other: Histogram): void {
    if (other.total === 0) return;
    const [own, theirs] = [this.exact, other.exact];
    const exact = this.total === 0 ? theirs : own && theirs && { min: Math.min(own.min, theirs.min), max: Math.max(own.max, theirs.max), sum: own.sum + theirs.sum };
    const same = other.bits === this.bits;
    for (const [bucket, count] of other.counts) {
      this.put(same ? bucket : bucketOf(middle(bucket, other.bits), this.bits), count);
    }
    this.exact = exact;
  }

  static sum(...all: Histogram[]): Histogram {
    const sum = new Histogram(Math.min(...all.map((one) => one.bits)));
    all.forEach((one) => sum.merge(one));
    return sum;
  }

  put(bucket: number, count: number): void {
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + count);
    this.total += count;
    this.order = null;
    this.exact = null;
  }

  get count(): number {
    return this.total;
  }

  /** Each bucket that is not empty, ascending: lowest time, time after the highest, count. */
  buckets(): { from: number; to: number; count: number }[] {
    return this.sorted().map((bucket) => ({
      from: lowest(bucket, this.bits),
      to: lowest(bucket + 1, this.bits),
      count: this.counts.get(bucket) ?? 0,
    }));
  }

  /** By nearest rank, each the middle of a bucket; `percents` ascend. */
  percentiles(percents: readonly number[]): number[] {
    const found: number[] = [];
    let seen = 0;
    let next = 0;
    for (const bucket of this.sorted()) {
      seen += this.counts.get(bucket) ?? 0;
      while (next < percents.length && seen >= rank(percents[next], this.total)) {
        found.push(middle(bucket, this.bits));
        next += 1;
      }
    }
    while (found.length < percents.length) found.push(0);
    return found;
  }

  percentile(percent: number): number {
    return this.percentiles([percent])[0];
  }

  /** All figures of a row. */
  times(): Times {
    const times: Times = new Array(12).fill(0);
    if (this.total === 0) return times;
    let sum = 0;
    let squares = 0;
    for (const [bucket, count] of this.counts) sum += middle(bucket, this.bits) * count;
    if (this.exact) sum = this.exact.sum;
    const mean = sum / this.total;
    for (const [bucket, count] of this.counts) squares += (middle(bucket, this.bits) - mean) ** 2 * count;
    const order = this.sorted();
    const [min, max] = [this.exact?.min ?? middle(order[0], this.bits), this.exact?.max ?? middle(order[order.length - 1], this.bits)];
    const percents = this.percentiles([50, 75, 90, 95, 99, 99.9, 99.99]).map((value) => Math.min(max, Math.max(min, value)));
    times[T.count] = this.total;
    times[T.min] = min;
    times[T.mean] = mean;
    times[T.sd] = Math.sqrt(squares / this.total);
    percents.forEach((value, place) => (times[T.p50 + place] = value));
    times[T.max] = max;
    return times;
  }

  /** How many times are not above `micros`, as far as buckets tell. */
  countUpTo(micros: number): number {
    const last = bucketOf(micros, this.bits);
    let sum = 0;
    for (const [bucket, count] of this.counts) if (bucket <= last) sum += count;
    return sum;
  }

  private sorted(): number[] {
    this.order ??= [...this.counts.keys()].sort((a, b) => a - b);
    return this.order;
  }
}

/** Which of so many ordered values it is, from 1. */
function rank(percent: number, total: number): number {
  return Math.max(1, Math.ceil(((percent * 1e6) / 1e8) * total - 1e-9));
}

/** The share of users that are content, by APDEX: satisfied up to a time, half so up to four times it; who failed is not. */
export function apdex(ok: Histogram, failed: number, satisfied: number): number | null {
  const all = ok.count + failed;
  if (all === 0) return null;
  const content = ok.countUpTo(satisfied);
  return (content + (ok.countUpTo(satisfied * 4) - content) / 2) / all;
}
