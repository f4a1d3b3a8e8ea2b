import { describe, expect, test } from 'vitest';
import { csv, fileName, markdown } from '../src/text/copy';
import { bytes, clock, figure, parseClock, percent, short, span, tick, time } from '../src/text/format';

describe('figures', () => {
  test('times have three significant digits and the unit that fits', () => {
    const table: [number, string][] = [
      [0, '0 ms'], [0.85, '850 ns'], [1, '1.00 µs'], [850, '850 µs'], [999.4, '999 µs'], [999.96, '1.00 ms'], [9996, '10.0 ms'], [12_345.678, '12.3 ms'],
      [1.2e6, '1.20 s'], [119e6, '119 s'], [125.4e6, '2 min 5 s'], [7380e6, '2 h 3 min'],
    ];
    for (const [micros, text] of table) expect(time(micros)).toBe(text);
    expect(time(null)).toBe('–');
  });

  test('ticks have no zeros at their end', () => {
    expect([tick(5000), tick(12_500), tick(2e6), tick(100_000)]).toEqual(['5 ms', '12.5 ms', '2 s', '100 ms']);
  });

  test('shares that are small are not shown as none, nor large ones as all', () => {
    expect([percent(0, 10), percent(10, 10), percent(1, 1e6), percent(999_999, 1e6), percent(1, 3), percent(0, 0)])
      .toEqual(['0 %', '100 %', '< 0.01 %', '> 99.99 %', '33.3 %', '–']);
  });

  test('counts, bytes and rates', () => {
    expect([short(9999), short(12_345), short(4_560_000), figure(0.01234), figure(1234.5), bytes(999), bytes(2_500_000)])
      .toEqual(['9,999', '12.3k', '4.56M', '0.0123', '1,235', '999 B', '2.50 MB']);
    expect([span(8), span(90), span(3660)]).toEqual(['8 s', '90 s', '1 h 1 min']);
  });

  test('a clock is read as it is written', () => {
    for (const seconds of [0, 42, 725, 3725]) expect(parseClock(clock(seconds))).toBe(seconds);
    expect([parseClock('90s'), parseClock('1.5'), parseClock('soon'), parseClock('-3'), parseClock('1:2:3:4')]).toEqual([90, 1.5, null, null, null]);
  });
});

describe('copies', () => {
  test('CSV quotes what must be quoted, and no cell runs as a formula', () => {
    expect(csv(['a', 'b'], [['x,"y"', 1.23456], ['=HYPERLINK("http://x")', null]])).toBe('a,b\r\n"x,""y""",1.235\r\n"\'=HYPERLINK(""http://x"")",\r\n');
  });

  test('Markdown stays a table and makes no markup', () => {
    const text = markdown(['name', 'n'], [['a|b\n<script>*x*', '1']]);
    expect(text.split('\n').length).toBe(4);
    expect(text).toContain('a\\|b \\<script\\>\\*x\\*');
  });

  test('names of files are harmless', () => {
    expect(fileName('../../etc', 'Response time')).toBe('etc-response-time');
  });
});
