// Histograms of windows, in the form in which `report.json` has them (`loadspiker_core::metrics::windows`): of each name
// deflated bytes with, for each window in which there is something, how many lie between it and the last one, then what
// ended well and what failed. Either is a length and so many bytes: least time, what the greatest is more, sum, and counts
// of buckets, where an even number is twice a count and an odd one (n + 1) / 2 empty buckets. All numbers are LEB128.
import { bucketOf } from './grid';
import { Histogram } from './histogram';
import { inflateBytes } from './inflate';
import type { Row, Windows } from './model';

export interface Range {
  /** Seconds since the run began. */
  from: number;
  to: number;
}

export interface Outcomes {
  ok: Histogram;
  failed: Histogram;
}

export class WindowStore {
  readonly edges: number[];
  readonly step: number;
  readonly bits: number;
  private readonly rows: (Uint8Array | null)[];
  private readonly requests: number[];

  private constructor(windows: Windows, rows: (Uint8Array | null)[], requests: number[]) {
    this.step = windows.step_secs;
    this.bits = Math.round(Math.log2(windows.buckets_per_doubling));
    const count = Math.ceil(windows.seconds / this.step);
    this.edges = Array.from({ length: count + 1 }, (_, place) => place * this.step);
    this.rows = rows;
    this.requests = requests;
  }

  /** Unpacks the windows of these rows; null if there are none. */
  static async read(windows: Windows | null | undefined, rows: readonly Row[]): Promise<WindowStore | null> {
    if (!windows || windows.seconds === 0) return null;
    const key = (kind: string, path: readonly string[]) => JSON.stringify([kind, ...path]);
    const packed = new Map<string, string>();
    windows.requests.forEach((one) => packed.set(key('request', [...one.groups, one.name]), one.response_time));
    windows.groups.forEach((one) => packed.set(key('group', one.path), one.response_time));
    const bytes = rows.map((row) => {
      const text = packed.get(key(row.kind, row.path));
      return text ? inflateBytes(text) : null;
    });
    const requests = rows.flatMap((row, index) => (row.kind === 'request' ? [index] : []));
    return new WindowStore(windows, await Promise.all(bytes), requests);
  }

  /** The times of each row in the windows between two edges; of all requests the sum. */
  select(range: Range): Outcomes[] {
    const [from, to] = [Math.round(range.from / this.step), Math.ceil(range.to / this.step - 1e-9)];
    const found = this.rows.map((bytes) => this.sum(bytes, from, to));
    found[0] = this.all(found);
    return found;
  }

  /** The times of one row. */
  of(row: number, range: Range): Outcomes {
    if (row === 0) return this.select(range)[0];
    const [from, to] = [Math.round(range.from / this.step), Math.ceil(range.to / this.step - 1e-9)];
    return this.sum(this.rows[row] ?? null, from, to);
  }

  private all(rows: Outcomes[]): Outcomes {
    const sum = { ok: new Histogram(this.bits), failed: new Histogram(this.bits) };
    for (const index of this.requests) {
      sum.ok.merge(rows[index].ok);
      sum.failed.merge(rows[index].failed);
    }
    return sum;
  }

  private sum(bytes: Uint8Array | null, from: number, to: number): Outcomes {
    const [ok, failed] = [new Sum(this.bits), new Sum(this.bits)];
    if (bytes) {
      const reader = new Reader(bytes);
      for (let window = 0; !reader.done; window += 1) {
        window += reader.number();
        if (window >= to) break;
        for (const part of [ok, failed]) {
          const end = reader.number() + reader.place;
          if (window >= from && end > reader.place) part.add(reader, end);
          reader.place = end;
        }
      }
    }
    return { ok: ok.histogram(), failed: failed.histogram() };
  }
}

class Reader {
  place = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get done(): boolean {
    return this.place >= this.bytes.length;
  }

  number(): number {
    let value = 0;
    let unit = 1;
    while (this.place < this.bytes.length) {
      const byte = this.bytes[this.place++];
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) break;
      unit *= 128;
    }
    return value;
  }
}

/** Counts by bucket, in an array: of many windows it is filled ten times as fast as a map. */
class Sum {
  private counts: Float64Array;
  private min = Infinity;
  private max = 0;
  private sum = 0;
  private readonly bits: number;

  constructor(bits: number) {
    this.bits = bits;
    this.counts = new Float64Array(34 << bits);
  }

  add(reader: Reader, end: number): void {
    const min = reader.number();
    const max = min + reader.number();
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
    this.sum += reader.number();
    let bucket = bucketOf(min, this.bits);
    while (reader.place < end) {
      const number = reader.number();
      if (number % 2 === 0) {
        this.counts[bucket] += number / 2;
        bucket += 1;
      } else {
        bucket += (number + 1) / 2;
      }
    }
  }

  histogram(): Histogram {
    const histogram = new Histogram(this.bits);
    this.counts.forEach((count, bucket) => {
      if (count > 0) histogram.put(bucket, count);
    });
    if (histogram.count > 0) histogram.known({ min: this.min, max: this.max, sum: this.sum });
    return histogram;
  }
}
