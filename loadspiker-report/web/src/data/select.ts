// A part of the run: rows recomputed for it from histograms of windows, or, where there are none, from the series.
import { maxWithin, sumWithin, type Series } from './columns';
import { Histogram } from './histogram';
import { T, type Row, type Times, type Windows } from './model';

/** Seconds since the run began. */
export interface Range {
  from: number;
  to: number;
}

/** A row as the table shows it, for the whole run or a part. */
export interface Shown {
  row: Row;
  index: number;
  ok: number;
  failed: number;
  rate: number;
  /** Null where the data do not tell. */
  response: Times | null;
  okTimes: Histogram | null;
  failedTimes: Histogram | null;
  /** Whether the figures are of the whole run. */
  whole: boolean;
}

/** The range whose ends are the nearest edges of windows, and has at least one window in it. */
export function snap(range: Range, edges: readonly number[]): Range {
  if (edges.length < 2) return range;
  const nearest = (at: number) =>
    edges.reduce((best, edge, place) => (Math.abs(edge - at) < Math.abs(edges[best] - at) ? place : best), 0);
  let from = nearest(range.from);
  let to = nearest(range.to);
  if (to <= from) {
    from = Math.min(from, edges.length - 2);
    to = from + 1;
  }
  return { from: edges[from], to: edges[to] };
}

/** The histograms of a row over a range whose ends are edges. */
export function within(windows: Windows, row: number, range: Range): { ok: Histogram; failed: Histogram } {
  const ok = new Histogram(windows.bits);
  const failed = new Histogram(windows.bits);
  for (let place = 0; place + 1 < windows.edges.length; place += 1) {
    if (windows.edges[place] < range.from || windows.edges[place + 1] > range.to) continue;
    const good = windows.ok[row]?.[place];
    const bad = windows.failed[row]?.[place];
    if (good) ok.add(good);
    if (bad) failed.add(bad);
  }
  return { ok, failed };
}

/** A row in a range, from histograms. */
export function fromWindows(row: Row, index: number, windows: Windows, range: Range, series: Series | null): Shown {
  const { ok, failed } = within(windows, index, range);
  const times = Histogram.sum(ok, failed).times();
  if (series && times[T.count] > 0) {
    // Known exactly, where the range has whole points.
    const max = maxWithin(series, 'max', range.from, range.to);
    if (max > 0) times[T.max] = max;
  }
  const seconds = Math.max(range.to - range.from, 1e-9);
  return {
    row, index, ok: ok.count, failed: failed.count, rate: (ok.count + failed.count) / seconds,
    response: times, okTimes: ok, failedTimes: failed, whole: false,
  };
}

/** A row in a range, from its series: counts and the maximum are known, percentiles are not. */
export function fromSeries(row: Row, index: number, series: Series, range: Range): Shown {
  const ok = sumWithin(series, 'ok', range.from, range.to);
  const failed = sumWithin(series, 'failed', range.from, range.to);
  const seconds = Math.max(range.to - range.from, 1e-9);
  return {
    row, index, ok, failed, rate: (ok + failed) / seconds,
    response: null, okTimes: null, failedTimes: null, whole: false,
  };
}
