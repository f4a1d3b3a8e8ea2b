// The planned load at each point of the run's series.
import type { Planned } from './model';
import type { RunData } from './run';

/** Arrivals per second and users that are to be there; null where no population is of that kind. */
export function planned(run: RunData): { open: (number | null)[] | null; closed: (number | null)[] | null } {
  const all = (run.head.planned ?? []).filter((one) => one.starts_with_run);
  const { second, span } = run.series;
  const of = (kind: Planned['kind'], value: (one: Planned, from: number, to: number) => number) => {
    const some = all.filter((one) => one.kind === kind);
    if (some.length === 0) return null;
    return second.map((from, at) => some.reduce((sum, one) => sum + value(one, from * 1000, (from + span[at]) * 1000), 0));
  };
  return {
    open: of('open', (one, from, to) => ((at(one.points_ms, to) - at(one.points_ms, from)) * 1000) / Math.max(to - from, 1e-9)),
    closed: of('closed', (one, from) => (from >= (one.points_ms.at(-1)?.[0] ?? 0) ? 0 : at(one.points_ms, from))),
  };
}

/** Just before `x`: between two points it is a line, before the first it is zero, after the last it stays. */
export function at(points: readonly [number, number][], x: number): number {
  if (points.length === 0 || x <= points[0][0]) return 0;
  let low = 0;
  let high = points.length - 1;
  if (x > points[high][0]) return points[high][1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points[middle][0] < x) low = middle;
    else high = middle;
  }
  const [[x0, y0], [x1, y1]] = [points[low], points[high]];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}
