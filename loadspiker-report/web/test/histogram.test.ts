import { describe, expect, test } from 'vitest';
import { bucketOf, lowest, middle } from '../src/data/grid';
import { apdex, Histogram } from '../src/data/histogram';
import { decodeHdr } from '../src/data/hdr';
import { T } from '../src/data/model';

const of = (values: number[], bits = 7) => {
  const histogram = new Histogram(bits);
  values.forEach((value) => histogram.put(bucketOf(value, bits), 1));
  return histogram;
};

describe('the grid', () => {
  test('a time lies in its bucket, and buckets follow each other', () => {
    for (const bits of [3, 5, 7]) {
      for (let value = 1; value < 4e9; value = Math.ceil(value * 1.07)) {
        const bucket = bucketOf(value, bits);
        expect(lowest(bucket, bits)).toBeLessThanOrEqual(value);
        expect(lowest(bucket + 1, bits)).toBeGreaterThan(value);
      }
    }
  });

  test('it is that of the crate', () => {
    expect([0, 255, 256, 257, 258, 511, 512].map((value) => bucketOf(value, 7))).toEqual([0, 255, 256, 256, 257, 383, 384]);
    expect(middle(256, 7)).toBe(256.5);
  });
});

describe('a histogram', () => {
  test('percentiles are by nearest rank', () => {
    const values = of(Array.from({ length: 200 }, (_, at) => at + 1));
    expect(values.percentiles([0.1, 50, 95, 99.9, 100])).toEqual([1, 100, 190, 200, 200]);
    // 99.9 / 100 × 1000 is a hair above 999 in floating point.
    expect(of(Array.from({ length: 1000 }, (_, at) => (at < 999 ? 1 : 2))).percentile(99.9)).toBe(1);
    expect(new Histogram(7).percentile(50)).toBe(0);
  });

  test('merging adds up, whatever the grids', () => {
    const fine = of([1000, 2000, 3000]);
    const coarse = of([1000, 5000], 5);
    const sum = Histogram.sum(fine, coarse);
    expect([sum.count, sum.bits]).toEqual([5, 5]);
    expect(Math.abs(sum.percentile(100) - 5000) / 5000).toBeLessThan(0.04);
  });

  test('figures that are known exactly are taken as they are, also of a sum', () => {
    const part = (min: number, max: number) => {
      const one = of([min, max], 3);
      one.known({ min, max, sum: min + max });
      return one;
    };
    const times = Histogram.sum(part(1003, 70_007), part(900, 5000)).times();
    expect([times[T.count], times[T.min], times[T.max], times[T.mean]]).toEqual([4, 900, 70_007, (1003 + 70_007 + 900 + 5000) / 4]);
    const spoiled = part(1003, 2000);
    spoiled.put(1, 1);
    expect(spoiled.times()[T.min]).toBe(1);
  });

  test('the standard deviation is that of the values', () => {
    expect(of([10, 20, 30, 40]).times()[T.sd]).toBeCloseTo(Math.sqrt(125));
  });

  test('APDEX counts half of those that bear it', () => {
    // 2 satisfied, 1 tolerating, 1 too slow, 1 failed.
    expect(apdex(of([100, 120, 300, 5000]), 1, 120)).toBeCloseTo(2.5 / 5);
    expect(apdex(new Histogram(7), 0, 120)).toBeNull();
  });
});

describe('HDR V2', () => {
  test('what the core writes is read', () => {
    // 66 times from 3.579545 to 22.707272 ms, 894.425991 ms together.
    const text =
      'HISTEwAAAI4AAAAAAAAAAwAAAAAAAAABAAAAAAAAf/8/8AAAAAAAAPsrApMEAj8CqwICdQK1AwJHAicCkQECQQIPAqUCAvsBAosCAtsBAgUCXwIDAn0CLQIhAkMCZQIhAjECFwIJAm8CDQIlAgcCMQKHAQJ9Ah0CBwIXAiMCJQJ7AhECJwJxAo0BAiUCIwSNAQI1AhUCUwIjAgkCFwIfAiECBQIFAgcCAwIPAjMCMwINAgUCcQI=';
    const values = decodeHdr(text);
    expect(values.reduce((sum, [, count]) => sum + count, 0)).toBe(66);
    expect([values[0], values.at(-1)]).toEqual([[3581, 1], [22_719, 1]]);
    const histogram = Histogram.of(text, 7);
    expect(Math.abs(histogram.times()[T.mean] - 894_425.991 / 66)).toBeLessThan(60);
  });

  test('garbage is an error', () => {
    expect(() => decodeHdr(btoa('x'.repeat(60)))).toThrow('not a histogram');
  });
});
