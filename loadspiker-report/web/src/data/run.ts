// All that is known of a run, with what is computed from it kept: the data store that components read.
import { readSeries, type Series } from './columns';
import { Histogram } from './histogram';
import type { Bulk, Head, Row } from './model';
import { fromSeries, fromWindows, snap, type Range, type Shown } from './select';
import type { Outcomes, WindowStore } from './windows';

export class RunData {
  readonly head: Head;
  readonly bulk: Bulk | null;
  readonly windows: WindowStore | null;
  readonly series: Series;
  private readonly rowSeries = new Map<number, Series | null>();
  private readonly histograms = new Map<string, Histogram>();
  private selected: { key: string; rows: Shown[] } | null = null;

  constructor(head: Head, bulk: Bulk | null, windows: WindowStore | null = null) {
    this.head = head;
    this.bulk = bulk;
    this.windows = windows;
    this.series = readSeries(head.series);
  }

  /** The end of the time axis, in seconds. */
  get end(): number {
    const { second, span, length } = this.series;
    return Math.max(this.head.run.duration, length > 0 ? second[length - 1] + span[length - 1] : 0);
  }

  /** Edges to which a selection snaps; empty if there are no histograms of windows. */
  get edges(): readonly number[] {
    return this.windows?.edges ?? [];
  }

  /** The series of a row; of all requests the run's own. */
  seriesOf(index: number): Series | null {
    if (index === 0) return this.series;
    const known = this.rowSeries.get(index);
    if (known !== undefined) return known;
    const columns = this.bulk?.series[index];
    const series = columns ? readSeries(columns) : null;
    if (this.bulk) this.rowSeries.set(index, series);
    return series;
  }

  histogram(index: number, which: 'ok' | 'failed' | 'service'): Histogram {
    const key = `${index} ${which}`;
    let found = this.histograms.get(key);
    if (!found) {
      const bits = this.bulk?.bits ?? 7;
      found = Histogram.of(this.bulk?.times[index]?.[which], bits);
      if (this.bulk) this.histograms.set(key, found);
    }
    return found;
  }

  /** The range that a selection stands for. */
  snapped(range: Range | null): Range | null {
    return range && snap({ from: Math.max(0, range.from), to: Math.min(this.end, range.to) }, this.edges);
  }

  /** All rows, for the whole run or a range. */
  rows(range: Range | null): Shown[] {
    const key = `${range?.from} ${range?.to} ${this.bulk !== null}`;
    if (this.selected?.key === key) return this.selected.rows;
    const outcomes = (range && this.windows?.select(range)) ?? null;
    const rows = this.head.rows.map((row, index) => this.shown(row, index, range, outcomes?.[index]));
    this.selected = { key, rows };
    return rows;
  }

  private shown(row: Row, index: number, range: Range | null, outcomes: Outcomes | undefined): Shown {
    if (range && outcomes) return fromWindows(row, index, outcomes, range);
    const series = range && this.seriesOf(index);
    if (range && series) return fromSeries(row, index, series, range);
    return {
      row, index, ok: row.ok, failed: row.failed, rate: row.rate, response: row.response,
      okTimes: this.bulk ? this.histogram(index, 'ok') : null,
      failedTimes: this.bulk ? this.histogram(index, 'failed') : null,
      whole: true,
    };
  }
}
