import { expect, test } from 'vitest';
import type { Row } from '../src/data/model';
import type { Shown } from '../src/data/select';
import { lines, tree } from '../src/data/tree';

const zero = new Array<number>(12).fill(0);
const shown = (kind: Row['kind'], path: string[], ok: number, index: number): Shown => ({
  row: { kind, path, ok, failed: 0, rate: ok, response: zero, phases: [], status: [], errors: [], sent: 0, received: 0 },
  index, ok, failed: 0, rate: ok, response: zero, okTimes: null, failedTimes: null, whole: true,
});
const rows = [
  shown('all', [], 20, 0), shown('group', ['shop'], 3, 1), shown('group', ['shop', 'cart'], 2, 2),
  shown('request', ['login'], 5, 3), shown('request', ['shop', 'list'], 9, 4), shown('request', ['shop', 'cart', 'pay'], 1, 5), shown('request', ['logout'], 5, 6),
];
const ids = (filter = '', key: ((one: Shown) => number) | null = null, closed: string[] = []) => lines(tree(rows), filter, key, true, new Set(closed)).map((node) => `${' '.repeat(node.depth)}${node.id}`);

test('groups hold their requests, in the order of the program', () => {
  expect(ids()).toEqual(['login', 'shop', ' shop/list', ' shop/cart', '  shop/cart/pay', 'logout']);
});

test('rows are sorted within their group', () => {
  expect(ids('', (one) => one.ok)).toEqual(['login', 'logout', 'shop', ' shop/list', ' shop/cart', '  shop/cart/pay']);
});

test('a filter keeps the groups above a match, and all within a group that matches', () => {
  expect(ids('PAY')).toEqual(['shop', ' shop/cart', '  shop/cart/pay']);
  expect(ids('cart')).toEqual(['shop', ' shop/cart', '  shop/cart/pay']);
  expect(ids('shop list')).toEqual(['shop', ' shop/list']);
  expect(ids('nothing')).toEqual([]);
});

test('what is in a closed group is not shown, unless it is searched for', () => {
  expect(ids('', null, ['shop'])).toEqual(['login', 'shop', 'logout']);
  expect(ids('pay', null, ['shop'])).toEqual(['shop', ' shop/cart', '  shop/cart/pay']);
});

test('a request whose group is not known is at the top', () => {
  expect(lines(tree([rows[0], shown('request', ['lost', 'x'], 1, 1)]), '', null, true, new Set()).map((node) => node.depth)).toEqual([0]);
});
