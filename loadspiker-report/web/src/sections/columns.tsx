// The columns of the table of requests.
import { apdex } from '../data/histogram';
import { T, type TimeField } from '../data/model';
import type { Shown } from '../data/select';
import { bytes, count, figure, percent, time } from '../text/format';
import type { Cell } from '../text/copy';

export interface RequestColumn {
  id: string;
  title: string;
  /** Explains it on hover. */
  about: string;
  /** What it is sorted by. */
  key: (shown: Shown, satisfied: number) => number | null;
  text: (shown: Shown, satisfied: number) => string;
  /** The exact value, for copies; times in milliseconds. */
  exact: (shown: Shown, satisfied: number) => Cell;
  unit?: string;
  standard: boolean;
  bad?: (shown: Shown) => boolean;
}

function timeColumn(id: string, title: string, about: string, field: TimeField, standard: boolean): RequestColumn {
  const value = (shown: Shown) => (shown.response && shown.response[T.count] > 0 ? shown.response[T[field]] : null);
  return {
    id, title, about, standard, unit: 'ms', key: value,
    text: (shown) => time(value(shown)),
    exact: (shown) => { const micros = value(shown); return micros === null ? null : micros / 1000; },
  };
}

function plain(id: string, title: string, about: string, standard: boolean, value: (shown: Shown) => number | null, write: (value: number | null) => string): RequestColumn {
  return { id, title, about, standard, key: value, text: (shown) => write(value(shown)), exact: value };
}

const whole = (value: (shown: Shown) => number) => (shown: Shown) => (shown.whole ? value(shown) : null);
const maybeBytes = (value: number | null) => (value === null ? '–' : bytes(value));
const share = (shown: Shown) => (shown.ok + shown.failed === 0 ? null : (shown.failed * 100) / (shown.ok + shown.failed));

export const COLUMNS: RequestColumn[] = [
  plain('count', 'Count', 'Requests; of a group, passes through it', true, (s) => s.ok + s.failed, count),
  plain('ok', 'OK', 'Requests that ended well', false, (s) => s.ok, count),
  { ...plain('failed', 'Failed', 'Requests that failed', true, (s) => s.failed, count), bad: (s) => s.failed > 0 },
  {
    id: 'share', title: 'Failed %', about: 'Share of requests that failed', standard: true, unit: '%',
    key: share, text: (s) => percent(s.failed, s.ok + s.failed), exact: share, bad: (s) => s.failed > 0,
  },
  plain('rate', 'Rate /s', 'Requests per second', true, (s) => s.rate, figure),
  timeColumn('min', 'Min', 'Shortest response time', 'min', false),
  timeColumn('mean', 'Mean', 'Mean response time', 'mean', true),
  timeColumn('sd', 'Std dev', 'Standard deviation of the response time', 'sd', false),
  timeColumn('p50', 'p50', 'Half of the response times are not above', 'p50', true),
  timeColumn('p75', 'p75', '75 % of the response times are not above', 'p75', false),
  timeColumn('p90', 'p90', '90 % of the response times are not above', 'p90', false),
  timeColumn('p95', 'p95', '95 % of the response times are not above', 'p95', true),
  timeColumn('p99', 'p99', '99 % of the response times are not above', 'p99', true),
  timeColumn('p999', 'p99.9', '99.9 % of the response times are not above', 'p999', false),
  timeColumn('p9999', 'p99.99', '99.99 % of the response times are not above', 'p9999', false),
  timeColumn('max', 'Max', 'Longest response time', 'max', true),
  plain('received', 'Received', 'Bytes read, headers included', false, whole((s) => s.row.received), maybeBytes),
  plain('sent', 'Sent', 'Bytes written, headers included', false, whole((s) => s.row.sent), maybeBytes),
  {
    id: 'apdex', title: 'Apdex', about: 'Share of content users: satisfied up to a time, half so up to four times it', standard: false,
    key: (s, satisfied) => (s.okTimes ? apdex(s.okTimes, s.failed, satisfied * 1000) : null),
    text: (s, satisfied) => { const value = s.okTimes ? apdex(s.okTimes, s.failed, satisfied * 1000) : null; return value === null ? '–' : value.toFixed(2); },
    exact: (s, satisfied) => (s.okTimes ? apdex(s.okTimes, s.failed, satisfied * 1000) : null),
  },
];

export const STANDARD = [...COLUMNS.filter((column) => column.standard).map((column) => column.id), 'trend'];
