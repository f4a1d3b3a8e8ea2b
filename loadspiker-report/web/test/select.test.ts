import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { RunData } from '../src/data/run';
import { snap } from '../src/data/select';
import { T, type Bulk, type Head } from '../src/data/model';
import { WindowStore } from '../src/data/windows';
// @ts-expect-error It is plain JavaScript.
import { shop } from '../browser/synthetic.mjs';

const made = shop({ seconds: 120 }) as { head: Head; bulk: Bulk };
const windows = await WindowStore.read(made.bulk.windows, made.head.rows);
const run = new RunData(made.head, made.bulk, windows);

test('a selection of the whole run has the figures of the run', () => {
  const whole = run.rows(null);
  const selected = run.rows({ from: 0, to: 120 });
  for (const [at, row] of selected.entries()) {
    expect([row.ok, row.failed]).toEqual([whole[at].ok, whole[at].failed]);
    for (const field of [T.mean, T.p50, T.p95, T.p99, T.max]) {
      const [a, b] = [row.response?.[field] ?? 0, whole[at].response?.[field] ?? 0];
      expect(Math.abs(a - b)).toBeLessThanOrEqual(b * 0.035 + 1);
    }
  }
});

test('the parts of a run add up to it', () => {
  const sum = [0, 40, 80].map((from) => run.rows({ from, to: from + 40 })[0]).reduce((n, row) => n + row.ok + row.failed, 0);
  expect(sum).toBe(made.head.rows[0].ok + made.head.rows[0].failed);
});

test('a selection snaps to the nearest edges and is never empty', () => {
  const edges = [0, 20, 40, 60];
  expect(snap({ from: 9, to: 31 }, edges)).toEqual({ from: 0, to: 40 });
  expect(snap({ from: 21, to: 24 }, edges)).toEqual({ from: 20, to: 40 });
  expect(snap({ from: 59, to: 60 }, edges)).toEqual({ from: 40, to: 60 });
  expect(snap({ from: 3, to: 4 }, [])).toEqual({ from: 3, to: 4 });
});

test('without windows counts come from the series, and percentiles are not known', () => {
  const bare = new RunData(made.head, { ...made.bulk, windows: null }, null);
  const [all] = bare.rows({ from: 10, to: 30 });
  const [exact] = run.rows({ from: 10, to: 30 });
  expect([all.ok, all.failed]).toEqual([exact.ok, exact.failed]);
  expect(all.response).toBeNull();
});

test('cells are read as the core writes them', async () => {
  // One window is left out; then ok: 900 µs twice and 70,007 µs, failed: nothing.
  const bits = 3;
  const bytes = [1, 10, ...leb(900), ...leb(69_107), ...leb(71_807), 4, ...leb(2 * 50 - 1), 2, 0];
  bytes[1] = bytes.length - 3;
  const packed = deflateRawSync(Uint8Array.from(bytes)).toString('base64');
  const rows = [made.head.rows[0], { ...made.head.rows[1], kind: 'request' as const, path: ['a', 'b'] }];
  const store = await WindowStore.read({ step_secs: 1, seconds: 3, buckets_per_doubling: 2 ** bits, requests: [{ groups: ['a'], name: 'b', response_time: packed }], groups: [] }, rows);
  const times = store?.select({ from: 1, to: 2 })[1].ok.times() ?? [];
  expect([times[T.count], times[T.min], times[T.max], Math.round(times[T.mean])]).toEqual([3, 900, 70_007, 23_936]);
  expect(store?.select({ from: 1, to: 2 })[0].ok.count).toBe(3);
  expect(store?.of(1, { from: 0, to: 1 }).ok.count).toBe(0);
});

function leb(number: number): number[] {
  const bytes = [];
  for (; number >= 128; number = Math.floor(number / 128)) bytes.push((number % 128) | 128);
  return [...bytes, number];
}
