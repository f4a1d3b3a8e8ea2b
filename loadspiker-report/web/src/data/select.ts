// A part of the run: rows recomputed for it from histograms of windows, or, where there are none, from the series.
import { sumWithin, type Series } from './columns';
import { Histogram } from './histogram';
import type { Row, Times } from './model';
import type { Outcomes, Range } from './windows';

export type { Range } from './windows';

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

/** A row in a range, from histograms. */
export function fromWindows(row: Row, index: number, { ok, failed }: Outcomes, range: Range): Shown {
  const seconds = Math.max(range.to - range.from, 1e-9);
  return {
    row, index, ok: ok.count, failed: failed.count, rate: (ok.count + failed.count) / seconds,
    response: Histogram.sum(ok, failed).times(), okTimes: ok, failedTimes: failed, whole: false,
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
