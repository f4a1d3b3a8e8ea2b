import { expect, test } from 'vitest';
import { density, nines, percentiles, percentOf } from '../src/charts/curves';
import { readSeries, perSecond, sumWithin } from '../src/data/columns';
import { bucketOf } from '../src/data/grid';
import { Histogram } from '../src/data/histogram';
import { at } from '../src/data/planned';
import { fromFragment, toFragment } from '../src/state/view';

test('seconds without a point have counts of zero and no times', () => {
  const series = readSeries([['second', [1, 2, 5]], ['span', [1, 1, 1]], ['ok', [4, 0, 6]], ['p95', [10, 0, 30]]]);
  expect(series.second).toEqual([1, 2, 3, 4, 5]);
  expect(series.column('ok')).toEqual([4, 0, 0, 0, 6]);
  expect(series.column('p95')).toEqual([10, null, null, null, 30]);
  expect(series.column('failed')).toEqual([0, 0, 0, 0, 0]);
  expect(sumWithin(series, 'ok', 1, 3)).toBe(4);
});

test('a point of several seconds counts per second, and the first second may be left out as a column of zeros', () => {
  expect(perSecond(readSeries([['second', [0, 20]], ['span', [20, 20]], ['ok', [40, 60]]]), 'ok')).toEqual([2, 3]);
  expect(readSeries([['span', [1]], ['ok', [3]]]).second).toEqual([0]);
});

test('a distribution adds up to all', () => {
  const histogram = new Histogram(7);
  for (let value = 900; value < 90_000; value += 37) histogram.put(bucketOf(value, 7), 1);
  const { x, lines } = density([histogram]);
  expect(lines[0].reduce<number>((sum, share) => sum + (share ?? 0), 0)).toBeCloseTo(100, 1);
  expect(x.every((value, place) => place === 0 || value > x[place - 1])).toBe(true);
});

test('a percentile curve ends where values are too few to tell', () => {
  const [few, many] = [new Histogram(7), new Histogram(7)];
  few.put(100, 10);
  many.put(100, 100_000);
  const { x, lines } = percentiles([many, few]);
  expect(x[x.length - 1]).toBe(5);
  expect(lines[0].every((value) => value === 100)).toBe(true);
  expect(lines[1].findLastIndex((value) => value !== null)).toBe(x.findLastIndex((place) => place <= 1 + 1e-9));
  expect(percentOf(nines(99.9))).toBeCloseTo(99.9);
});

test('between two points of a plan it is a line', () => {
  expect([-1, 0, 5, 10, 99].map((x) => at([[0, 0], [10, 20]], x))).toEqual([0, 0, 10, 20, 20]);
  // Those that arrive at once at 5 are not there before.
  expect([5, 5.1, 6].map((x) => at([[0, 0], [5, 10], [5, 30], [10, 30]], x))).toEqual([10, 30, 30]);
});

test('a view is read from an address as it was written', () => {
  const view = { range: { from: 12, to: 40.5 }, request: 'checkout/pay & go', filter: 'a b', sort: 'p95', descending: false };
  expect(toFragment({ ...view, request: 'checkout/pay', filter: '', sort: null })).toBe('request=checkout/pay&from=12s&to=40.5s');
  expect(fromFragment(`#${toFragment(view)}`)).toEqual(view);
  expect(fromFragment('#from=40s&to=12s&sort=-count')).toEqual({ range: null, request: null, filter: '', sort: 'count', descending: true });
});
