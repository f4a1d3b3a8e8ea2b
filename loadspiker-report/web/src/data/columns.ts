// Series in columns: read by name, filled where there was nothing, and cut to a range.
import type { Columns } from './model';

export interface Series {
  /** The second at which each point begins. */
  second: number[];
  /** How many seconds each stands for. */
  span: number[];
  length: number;
  /** A column; zero everywhere if there is none of that name. */
  column(name: string): (number | null)[];
  has(name: string): boolean;
}

/** What the load generator tells of itself, also where no request ended. */
const OWN = ['lag', 'throttle', 'cpu', 'memory'];

/** Reads columns. Seconds without a point become points of their own: counts are 0 there, times are not known. */
export function readSeries(columns: Columns, times: readonly string[] = ['p50', 'p95', 'p99', 'max', ...OWN]): Series {
  const given = new Map(columns);
  const seconds = (given.get('second') ?? given.get('span')?.map(() => 0) ?? []).map((value) => value ?? 0);
  const spans = (given.get('span') ?? seconds.map(() => 1)).map((value) => value ?? 1);
  const places: (number | null)[] = [];
  const second: number[] = [];
  const span: number[] = [];
  // No run has more holes than this; what does is a mistake that must not hang a browser.
  const most = 20_000;
  for (let place = 0; place < seconds.length; place += 1) {
    const expected = second.length === 0 ? seconds[place] : second[second.length - 1] + span[span.length - 1];
    const step = spans[place] || 1;
    const holes = Math.floor((seconds[place] - expected) / step);
    for (let hole = 0; hole < Math.min(holes, most); hole += 1) {
      places.push(null);
      second.push(expected + hole * step);
      span.push(step);
    }
    places.push(place);
    second.push(seconds[place]);
    span.push(step);
  }
  const cache = new Map<string, (number | null)[]>();
  const column = (name: string): (number | null)[] => {
    const known = cache.get(name);
    if (known) return known;
    const values = given.get(name);
    const isTime = times.includes(name);
    const counted = given.get('ok');
    const failed = given.get('failed');
    const filled = places.map((place) => {
      if (place === null) return isTime ? null : 0;
      const value = values ? values[place] : 0;
      if (!isTime || OWN.includes(name)) return value;
      // Without a request there is no time, which is not a time of zero.
      const requests = (counted?.[place] ?? 0) + (failed?.[place] ?? 0);
      return (counted || failed) && requests === 0 ? null : value;
    });
    cache.set(name, filled);
    return filled;
  };
  return { second, span, length: second.length, column, has: (name) => given.has(name) };
}

/** Counts as rates per second. */
export function perSecond(series: Series, name: string): (number | null)[] {
  return series.column(name).map((value, place) => (value === null ? null : value / series.span[place]));
}

/** The sum of a column over the points that begin in a range. */
export function sumWithin(series: Series, name: string, from: number, to: number): number {
  const values = series.column(name);
  let sum = 0;
  series.second.forEach((second, place) => {
    if (second >= from && second < to) sum += values[place] ?? 0;
  });
  return sum;
}
