// The data that a page shows, as `loadspiker-report/src/html` writes it. Times are microseconds unless a name says
// seconds. The live dashboard sends the same form.

/** Number, min, mean, standard deviation, p50, p75, p90, p95, p99, p99.9, p99.99, max. */
export type Times = number[];

/** Places in `Times`. */
export const T = { count: 0, min: 1, mean: 2, sd: 3, p50: 4, p75: 5, p90: 6, p95: 7, p99: 8, p999: 9, p9999: 10, max: 11 } as const;
export type TimeField = keyof typeof T;

/** Errors of one kind: text, how many, the first and the last second, and an example where messages differ. */
export type Failure = [text: string, count: number, first?: number | null, last?: number | null, example?: string | null];

export interface Row {
  kind: 'all' | 'group' | 'request' | 'scenario' | 'tag';
  path: string[];
  ok: number;
  failed: number;
  rate: number;
  response: Times;
  service?: Times;
  lag?: Times;
  throttle?: Times;
  /** Of a group: from entering to leaving. */
  duration?: Times;
  phases: [string, Times][];
  status: [number, number][];
  errors: Failure[];
  /** How many failed by each kind of failure. */
  kinds?: [string, number][];
  sent: number;
  received: number;
}

export interface Users {
  started: number;
  ended: number;
  failed: number;
  interrupted: number;
  requests_interrupted: number;
  dropped: number;
  dropped_late: number;
  panics: number;
  arrival_lag?: Times;
  errors: Failure[];
}

export interface Assertion {
  description: string;
  passed: boolean;
  actual: string;
  expected: string;
  message: string;
  look_at?: string[];
}

/** Columns by name; one that is zero everywhere is left out. */
export type Columns = [string, (number | null)[]][];

export interface Run {
  simulation: string;
  version: string;
  seed: string;
  shards: number;
  started_at_ms: number;
  /** Seconds. */
  duration: number;
  measured: number;
  warm_up: number | null;
  paused: number;
  planned: number | null;
  end: string;
  cut_short: boolean;
  cpu: number | null;
  cpu_share: number | null;
  /** How often, and for how many seconds at most. */
  stalls: [number, number];
  after_error: string | null;
  host?: string | null;
  command?: string[] | null;
  /** The file with every sample, and how many it has. */
  sample_log?: [string, number] | null;
}

/** What a population was to do: users that arrive per second (open) or that are there (closed). */
export interface Planned {
  scenario: string;
  kind: 'open' | 'closed';
  steps: string[];
  /** If not, it begins when the users of other scenarios are done. */
  starts_with_run: boolean;
  /** Milliseconds since it begins, and users that have arrived until then or that are there. */
  points_ms: [number, number][];
}

export interface MetricFigures {
  count: number;
  rate: number;
  last: number | null;
  percent: number | null;
  min: number | null;
  mean: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

export interface Metric {
  name: string;
  kind: 'counter' | 'gauge' | 'rate' | 'trend';
  unit: string;
  figures: MetricFigures;
  parts: [string, MetricFigures][];
  series: Columns;
}

export interface Wait {
  name: string;
  taken: number;
  waited: number;
  given_up: number;
  longest: number;
}

export interface Head {
  version: number;
  run: Run;
  passed: boolean;
  sentence: string;
  warnings: string[];
  bottleneck: 'load_generator' | 'host' | 'blocking_code' | 'target' | 'maximum_users' | null;
  assertions: Assertion[];
  users: Users;
  scenarios: { name: string; users: Users; row: Row }[];
  /** All requests first, then groups and requests. */
  rows: Row[];
  warm_up: Row | null;
  series: Columns;
  metrics: Metric[];
  /** Name, passed, failed. */
  checks: [string, number, number][];
  waits: Wait[];
  planned?: Planned[];
  /** Of each scenario the users that were active at the points of the series, if there are several scenarios. */
  active?: number[][];
  /** Second, what, and more of it. */
  events?: [number, string, string][];
  /** Of each tag, whose name and value are the path, the requests with it. */
  tags?: Row[];
}

/** Buckets of a grid, each as its distance to the one before and its count. */
export type Packed = number[];

export interface Bulk {
  bits: number;
  /** Of each row. */
  times: { ok: Packed; failed: Packed; service: Packed }[];
  series: (Columns | null)[];
  windows?: Windows | null;
  exchanges?: Exchange[] | null;
}

/** A failed request with what was sent and received; each may be empty. */
export interface Exchange {
  /** Seconds since the run began. */
  at: number;
  path: string[];
  error: string;
  request: string;
  response: string;
}

/** Histograms of parts of the run; `windows.ts` reads them. */
export interface Windows {
  step_secs: number;
  seconds: number;
  buckets_per_doubling: number;
  requests: { groups: string[]; name: string; response_time: string }[];
  groups: { path: string[]; response_time: string }[];
}
