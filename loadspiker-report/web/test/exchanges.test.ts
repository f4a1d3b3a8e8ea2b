import { expect, test } from 'vitest';
import type { Exchange, Head, Row } from '../src/data/model';
import { momentsOf } from '../src/sections/ChartGrid';
import { errorsOf } from '../src/sections/Errors';
import { exchangesOf } from '../src/sections/Exchanges';

const row = (kind: Row['kind'], path: string[], errors: Row['errors'] = []): Row => ({
  kind, path, ok: 0, failed: 0, rate: 0, response: [], phases: [], status: [], errors, sent: 0, received: 0,
});
const exchange = (...path: string[]): Exchange => ({ at: 1, path, error: 'e', request: '', response: '' });

test('a request shows its own exchanges, and a group all inside', () => {
  const all = [exchange('pay'), exchange('shop', 'pay'), exchange('shop', 'cart', 'pay')];
  expect(exchangesOf(all, row('request', ['pay']))).toEqual([all[0]]);
  expect(exchangesOf(all, row('request', ['shop', 'pay']))).toEqual([all[1]]);
  expect(exchangesOf(all, row('group', ['shop']))).toEqual([all[1], all[2]]);
});

test('the same error at several places is told from its first to its last second', () => {
  const head = {
    rows: [
      row('request', ['a'], [['no …', 3, 5, 9, 'no 1']]), row('request', ['b'], [['no …', 1, 2, 2, 'no 7']]),
      row('request', ['c'], [['refused', 1]]),
    ],
    scenarios: [],
  } as unknown as Head;
  expect(errorsOf(head).map(({ text, count, first, last, example }) => [text, count, first, last, example])).toEqual([
    ['no …', 4, 2, 9, 'no 1'], ['refused', 1, null, null, null],
  ]);
});

test('what is shaded is not marked again', () => {
  const events = [[5, 'end of the warm-up', ''], [7, 'stall', ''], [9, 'load scaled', '× 2'], [20, 'told to end', 'enough']];
  expect(momentsOf({ events } as unknown as Head)).toEqual([{ at: 9, name: 'load × 2' }, { at: 20, name: 'told to end' }]);
});
