// Runs that never took place, for tests and pictures of the page: the same each time. Written in the form in which the
// crate writes data, so that they also show what a page of a certain size does.
import { deflateRawSync } from 'node:zlib';
import { readFileSync } from 'node:fs';

/** A generator of random numbers from 0 to 1 (mulberry32). */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const bucketOf = (micros, bits) => {
  if (micros < 2 ** (bits + 1)) return Math.floor(micros);
  const shift = Math.floor(Math.log2(micros)) - bits;
  return shift * 2 ** bits + Math.floor(micros / 2 ** shift);
};
const lowest = (bucket, bits) => {
  if (bucket < 2 ** (bits + 1)) return bucket;
  const shift = Math.floor(bucket / 2 ** bits) - 1;
  return (bucket - shift * 2 ** bits) * 2 ** shift;
};

/** A distribution of times: counts by bucket of the finer grid. */
class Times {
  counts = new Map();
  n = 0;
  sum = 0;
  min = Infinity;
  max = 0;

  add(micros, count = 1) {
    const bucket = bucketOf(micros, 7);
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + count);
    this.n += count;
    this.sum += micros * count;
    this.min = Math.min(this.min, micros);
    this.max = Math.max(this.max, micros);
  }

  merge(other) {
    for (const [bucket, count] of other.counts) this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + count);
    this.n += other.n;
    this.sum += other.sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
  }

  sorted() {
    return [...this.counts].sort((a, b) => a[0] - b[0]);
  }

  percentile(percent) {
    let left = Math.max(1, Math.ceil((percent / 100) * this.n - 1e-9));
    for (const [bucket, count] of this.sorted()) {
      left -= count;
      if (left <= 0) return Math.min(this.max, Math.max(this.min, lowest(bucket, 7)));
    }
    return this.max;
  }

  figures() {
    if (this.n === 0) return new Array(12).fill(0);
    const mean = this.sum / this.n;
    let squares = 0;
    for (const [bucket, count] of this.counts) squares += (lowest(bucket, 7) - mean) ** 2 * count;
    const round = (x) => Math.round(x * 10) / 10;
    return [this.n, this.min, mean, Math.sqrt(squares / this.n), ...[50, 75, 90, 95, 99, 99.9, 99.99].map((p) => this.percentile(p)), this.max].map(round);
  }

  packed(bits) {
    let last = 0;
    const counts = new Map();
    for (const [bucket, count] of this.counts) {
      const place = bucketOf(lowest(bucket, 7), bits);
      counts.set(place, (counts.get(place) ?? 0) + count);
    }
    return [...counts].sort((a, b) => a[0] - b[0]).flatMap(([bucket, count]) => {
      const pair = [bucket - last, count];
      last = bucket;
      return pair;
    });
  }

  /** As the windows of a report hold it. */
  cell(bits) {
    if (this.n === 0) return [];
    const bytes = [];
    const [min, max] = [Math.max(1, Math.round(this.min)), Math.round(this.max)];
    put(bytes, min);
    put(bytes, max - min);
    put(bytes, Math.round(this.sum));
    const first = bucketOf(min, bits);
    const counts = new Array(bucketOf(max, bits) - first + 1).fill(0);
    for (const [bucket, count] of this.counts) {
      const place = bucketOf(Math.min(max, Math.max(min, lowest(bucket, 7))), bits) - first;
      counts[place] += count;
    }
    let zeros = 0;
    for (const count of counts) {
      if (count === 0) {
        zeros += 1;
        continue;
      }
      if (zeros > 0) put(bytes, 2 * zeros - 1);
      zeros = 0;
      put(bytes, 2 * count);
    }
    return bytes;
  }
}

function put(bytes, number) {
  while (number >= 128) {
    bytes.push((number % 128) | 128);
    number = Math.floor(number / 128);
  }
  bytes.push(number);
}

function slots(windows, bits) {
  const bytes = [];
  let next = 0;
  windows.forEach(({ ok, failed }, window) => {
    if (ok.n + failed.n === 0) return;
    put(bytes, window - next);
    next = window + 1;
    for (const times of [ok, failed]) {
      const cell = times.cell(bits);
      put(bytes, cell.length);
      for (const byte of cell) bytes.push(byte);
    }
  });
  return deflateRawSync(Uint8Array.from(bytes)).toString('base64');
}

const HOSTILE = '<script>alert(1)</script>';

/** A shop under load for ten minutes that breaks down after six; or one that does not. */
export function shop({ failing = true, seconds = 600, windows = true, hostile = false, factor = 1 } = {}) {
  const next = random(7);
  const normal = () => Math.sqrt(-2 * Math.log(next() + 1e-12)) * Math.cos(2 * Math.PI * next());
  const names = [
    [['home'], 18], [['login'], 42], [['browse', 'list'], 30], [['browse', 'detail'], 24], [['browse', 'search'], 66],
    [['browse', 'recommendations', 'similar'], 35], [['browse', 'recommendations', 'history'], 28],
    [['checkout', 'add to cart'], 31], [['checkout', 'shipping'], 55], [['checkout', 'pay'], 120], [['logout'], 9],
    ...(hostile ? [[[HOSTILE], 20], [['x'.repeat(5000)], 20]] : []),
  ];
  const rate = (second) => factor * (second < 120 ? 1 + second / 12 : second < 480 ? 11 + (second - 120) / 40 : 20) * (1 + 0.08 * Math.sin(second / 9));
  const crisis = (second) => (failing && second > seconds * 0.6 ? Math.min(1, (second - seconds * 0.6) / 60) : 0);
  const rows = names.map(([path, base]) => ({ path, base, ok: new Times(), failed: new Times(), service: new Times(), series: [], windows: [], errors: new Map(), status: new Map() }));
  const points = [];
  let active = 0;
  for (let second = 0; second < seconds; second += 1) {
    const all = new Times();
    const point = { ok: 0, failed: 0 };
    const bad = crisis(second);
    for (const row of rows) {
      const window = { ok: new Times(), failed: new Times() };
      const expected = rate(second) * (row.path[0] === 'browse' ? 1.6 : row.path[0] === 'checkout' ? 0.35 : 0.7);
      const number = Math.max(0, Math.round(expected + normal() * Math.sqrt(expected)));
      for (let i = 0; i < number; i += 1) {
        const slow = row.path.includes('pay') || row.path.includes('search') ? 1 + 14 * bad : 1 + 3 * bad;
        const micros = Math.max(300, row.base * 1000 * slow * Math.exp(normal() * 0.42) * (next() < 0.01 ? 6 : 1));
        const failed = next() < bad * (row.path.includes('pay') ? 0.22 : 0.01) + (failing ? 0.0004 : 0);
        const times = failed ? window.failed : window.ok;
        times.add(micros);
        row.service.add(micros * (1 - 0.3 * bad * next()));
        const code = failed ? (next() < 0.6 ? 503 : 0) : row.path.includes('add to cart') ? 201 : 200;
        if (code) row.status.set(code, (row.status.get(code) ?? 0) + 1);
        if (failed) {
          const text = code ? 'status().is(200): found 503' : 'request timed out after 2 s: the server sent no byte of a response';
          row.errors.set(text, (row.errors.get(text) ?? 0) + 1);
        }
      }
      const both = new Times();
      both.merge(window.ok);
      both.merge(window.failed);
      row.ok.merge(window.ok);
      row.failed.merge(window.failed);
      row.windows.push(window);
      if (both.n > 0) row.series.push({ second, span: 1, ok: window.ok.n, failed: window.failed.n, p50: both.percentile(50), p95: both.percentile(95), p99: both.percentile(99), max: both.max });
      all.merge(both);
      point.ok += window.ok.n;
      point.failed += window.failed.n;
    }
    active = Math.round(rate(second) * 2.2 * (1 + 6 * bad) + next() * 3);
    points.push({
      second, span: 1, ...point, cpu: 1_900_000 + (second % 7) * 20_000, memory: 60_000_000 + second * 9_000, errors: point.failed, started: Math.round(rate(second) * 0.7), ended: Math.round(rate(second) * 0.68), active,
      p50: all.percentile(50), p95: all.percentile(95), p99: all.percentile(99), max: all.max, lag: 80 + next() * 300 + (second === 250 ? 1_800_000 : 0),
      sent: (point.ok + point.failed) * 410, received: point.ok * 5200, status2: point.ok, status5: Math.round(point.failed * 0.6), connected: Math.round((point.ok + point.failed) / 7), connect: point.ok * 900, first_byte: (point.ok + point.failed) * all.percentile(50) * 0.9, receive: point.ok * 4000,
      warm_up: second < 30 ? 1 : 0, stalled: second === 250 || second === 251 ? 1 : 0,
    });
  }
  return assemble({
    simulation: hostile ? `Shop ${HOSTILE}` : failing ? 'Shop: Black Friday' : 'Shop: an ordinary day', rows, points, seconds, windows, bits: 5, step: 1, failing, metrics: true,
    groups: [['browse'], ['browse', 'recommendations'], ['checkout']],
  });
}

/** 24 hours, so many names, a thousand million requests: with as many points and windows as the crate puts into a page. */
export function day({ names = 500, requests = 1e9 } = {}) {
  const next = random(11);
  const [seconds, windows] = [86_400, 30];
  const rows = [];
  const groups = [];
  const shape = Array.from({ length: windows }, (_, at) => 1 + 0.8 * Math.sin((at / windows) * 2 * Math.PI - 1.6));
  const total = shape.reduce((sum, one) => sum + one, 0) * names;
  const buckets = Array.from({ length: 2600 }, (_, bucket) => bucket);
  for (let n = 0; n < names; n += 1) {
    const group = `area ${Math.floor(n / 20) + 1}`;
    if (n % 20 === 0) groups.push([group]);
    const row = { path: [group, `GET /resource/${n + 1}`], ok: new Times(), failed: new Times(), service: new Times(), series: [], windows: [], errors: new Map(), status: new Map() };
    const base = 8000 * Math.exp(next() * 2.5);
    for (let window = 0; window < windows; window += 1) {
      const number = Math.round((requests * shape[window]) / total);
      const [ok, failed] = [new Times(), new Times()];
      const mu = Math.log(base * (1 + 0.5 * shape[window] * next()));
      // The share of each bucket, by the density in its middle.
      for (const bucket of buckets) {
        const [low, high] = [Math.max(1, lowest(bucket, 7)), lowest(bucket + 1, 7)];
        const middle = (low + high) / 2;
        const z = (Math.log(middle) - mu) / 0.45;
        if (z < -4.2 || z > 4.2) continue;
        const count = Math.round(number * (Math.exp((-z * z) / 2) / (0.45 * Math.sqrt(2 * Math.PI))) * ((high - low) / middle));
        if (count > 0) ok.add(middle, count);
      }
      if (window > 20 && n % 7 === 0) failed.add(base * 4, Math.round(number / 500));
      row.ok.merge(ok);
      row.failed.merge(failed);
      row.windows.push({ ok, failed });
    }
    row.service.merge(row.ok);
    row.status.set(200, row.ok.n);
    if (row.failed.n) {
      row.status.set(503, row.failed.n);
      row.errors.set('status().is(200): found 503', row.failed.n);
    }
    for (let at = 0; at < 72; at += 1) {
      const { ok, failed } = row.windows[Math.floor((at * windows) / 72)];
      row.series.push({ second: at * 1200, span: 1200, ok: ok.n / 2, failed: Math.round(failed.n / 2), p50: Math.round(ok.percentile(50)), p95: Math.round(ok.percentile(95)), p99: Math.round(ok.percentile(99) * (1 + next())), max: Math.round(ok.max * (1 + next())) });
    }
    rows.push(row);
  }
  const points = [];
  for (let at = 0; at < 1800; at += 1) {
    const load = shape[Math.floor((at / 1800) * windows)] * (1 + 0.05 * next());
    points.push({
      second: at * 48, span: 48, ok: Math.round((requests / 1800) * load), failed: at > 1200 ? Math.round(40 * next()) : 0, errors: 0, started: Math.round(1800 * load), ended: Math.round(1760 * load), active: Math.round(20_000 * load),
      p50: 20_000 + Math.round(4000 * next()), p95: 60_000 + Math.round(9000 * next()), p99: 110_000 + Math.round(30_000 * next()), max: 300_000 + Math.round(900_000 * next()), lag: 100 + Math.round(300 * next()),
      status2: Math.round((requests / 1800) * load), connected: Math.round(300 * load), first_byte: Math.round((requests / 1800) * load) * 20_000,
      sent: Math.round(2e8 * load), received: Math.round(2e9 * load), warm_up: 0, stalled: 0,
    });
  }
  return assemble({ simulation: 'A day', rows, points, seconds, windows: true, bits: 3, step: 2880, failing: true, groups, metrics: false });
}

function columns(points, names) {
  return names.map((name) => [name, points.map((point) => Math.round((point[name] ?? 0) * 10) / 10)]).filter(([, values]) => values.some((value) => value !== 0));
}

const RUN_COLUMNS = ['second', 'span', 'ok', 'failed', 'errors', 'started', 'ended', 'active', 'p50', 'p95', 'p99', 'max', 'lag', 'throttle', 'cpu', 'memory', 'sent', 'received', 'status2', 'status5', 'connected', 'connect', 'first_byte', 'receive', 'warm_up', 'stalled'];
const ROW_COLUMNS = ['second', 'span', 'ok', 'failed', 'p50', 'p95', 'p99', 'max'];

function assemble({ simulation, rows, points, seconds, windows, bits, step, failing, groups, metrics }) {
  const both = (row) => {
    const sum = new Times();
    sum.merge(row.ok);
    sum.merge(row.failed);
    return sum;
  };
  const sumOf = (parts) => {
    const sum = { ok: new Times(), failed: new Times(), service: new Times(), errors: new Map(), status: new Map() };
    for (const part of parts) {
      sum.ok.merge(part.ok);
      sum.failed.merge(part.failed);
      sum.service.merge(part.service);
      for (const name of ['errors', 'status']) for (const [key, n] of part[name]) sum[name].set(key, (sum[name].get(key) ?? 0) + n);
    }
    return sum;
  };
  const figures = (kind, path, row) => {
    const times = both(row);
    const first = times.figures().map((value, at) => (at === 0 ? value : value * 0.86));
    return {
      kind, path, ok: row.ok.n, failed: row.failed.n, rate: times.n / seconds, response: times.figures(), service: row.service.figures(),
      lag: [times.n, 20, 90, 40, 80, 110, 150, 190, 320, 900, 1400, 1_800_000],
      phases: [['connect', first.map((v, at) => (at === 0 ? Math.round(v / 7) : v * 0.05))], ['first byte', first], ['receive', first.map((v, at) => (at === 0 ? v : v * 0.1))]],
      status: [...row.status].sort((a, b) => a[0] - b[0]), errors: [...row.errors].sort((a, b) => b[1] - a[1]).map(([text, n]) => [text, n, 31, Math.min(571, Math.round(seconds) - 1), text.includes('…') ? text.replaceAll('…', '4711') : null]), sent: times.n * 410, received: row.ok.n * 5200,
    };
  };
  const inside = (path) => rows.filter((row) => path.every((part, at) => row.path[at] === part) && row.path.length > path.length);
  const all = sumOf(rows);
  const groupRows = groups.map((path) => ({ path, ...sumOf(inside(path)) }));
  const headRows = [figures('all', [], all), ...groupRows.map((row) => ({ ...figures('group', row.path, row), duration: both(row).figures().map((v, at) => (at === 0 ? v : v * 3)) })), ...rows.map((row) => figures('request', row.path, row))];
  const users = (share) => ({
    started: Math.round(points.reduce((sum, p) => sum + p.started, 0) * share), ended: Math.round(points.reduce((sum, p) => sum + p.ended, 0) * share), failed: failing ? Math.round(all.failed.n * share) : 0,
    interrupted: failing ? 12 : 0, requests_interrupted: 0, dropped: 0, dropped_late: 0, panics: 0, arrival_lag: [10, 20, 90, 40, 80, 110, 150, 190, 320, 900, 1400, 1800],
    errors: failing && share < 1 ? [['feeder coupons.csv is exhausted after 200 records', 31]] : [],
  });
  const p95 = both(all).percentile(95);
  const ms = (micros) => `${Math.round(micros / 100) / 10} ms`;
  const head = {
    version: 1,
    run: {
      simulation, version: '0.1.0', seed: '12345678901234567890', shards: 8, started_at_ms: 1795443330000, duration: seconds, measured: seconds - (metrics ? 30 : 0), warm_up: metrics ? 30 : null, paused: 0,
      planned: seconds, end: 'completed', cut_short: false, cpu: seconds * 1.9, cpu_share: 0.24, stalls: metrics ? [1, 1.8] : [0, 0], after_error: null, host: 'load-1', command: ['shop', '--users-factor', '2'],
    },
    passed: !failing,
    sentence: failing
      ? `${Math.round(both(all).n / seconds)} requests/s for ${Math.round(seconds / 60)} min 0 s, of which ${((all.failed.n * 100) / both(all).n).toFixed(2)} % failed; 95 % were answered within ${ms(p95)}. The 95th percentile first crossed 250 ms after 00:06:11, with 118 users.`
      : `Held ${Math.round(both(all).n / seconds)} requests/s for ${Math.round(seconds / 60)} min 0 s without a failure; 95 % were answered within ${ms(p95)}.`,
    warnings: metrics && failing ? ['The load generator stood still 1 time, for up to 1.80 s: what was measured then says more of it than of the target. Give it a machine of its own.'] : [],
    bottleneck: null,
    assertions: [
      { description: 'global: 95th percentile of response time < 250 ms', passed: !failing, actual: ms(p95), expected: '< 250 ms', message: `was ${ms(p95)}`, look_at: failing ? ['requests: checkout / pay 1.9 s (3,204 of 18,020), browse / search 1.1 s', 'worst seconds: 512, 498, 577'] : [] },
      { description: 'global: percentage of failed requests < 1 %', passed: !failing, actual: '1.4 %', expected: '< 1 %', message: failing ? 'was 1.4 %' : 'was 0 %', look_at: failing ? ['errors: 1,204 × status().is(200): found 503'] : [] },
      { description: 'login: maximum of response time < 2 s', passed: true, actual: '1.2 s', expected: '< 2 s', message: 'was 1.2 s' },
    ],
    users: users(1),
    scenarios: [{ name: 'Visitor', users: users(0.8), row: figures('scenario', ['Visitor'], all) }, { name: 'Buyer', users: users(0.2), row: figures('scenario', ['Buyer'], all) }],
    rows: headRows,
    warm_up: null,
    series: columns(points, RUN_COLUMNS),
    active: [0.8, 0.2].map((share) => points.map((point) => Math.round(point.active * share))),
    metrics: metrics ? [
      { name: 'cart value', kind: 'trend', unit: 'EUR', figures: { count: 900, rate: 1.5, last: null, percent: null, min: 3.5, mean: 61.2, p50: 48, p95: 180, p99: 320, max: 712 }, parts: [], series: columns(points.filter((p) => p.second % 3 === 0).map((p) => ({ second: p.second, span: 1, count: 2, p50: 40 + (p.second % 17), p95: 150 + (p.second % 29), max: 300 + (p.second % 97) })), ['second', 'span', 'count', 'p50', 'p95', 'max']) },
      { name: 'cache hits', kind: 'rate', unit: '', figures: { count: 30000, rate: 50, last: null, percent: 83.4, min: null, mean: null, p50: null, p95: null, p99: null, max: null }, parts: [['kind=express', { count: 100, rate: 1, last: null, percent: 20, min: null, mean: null, p50: null, p95: null, p99: null, max: null }]], series: columns(points.map((p) => ({ second: p.second, span: 1, count: 50, non_zero: 40 + (p.second % 7) })), ['second', 'span', 'count', 'non_zero']) },
    ] : [],
    checks: [['status', both(all).n - all.failed.n, all.failed.n], ['json_path $.access_token', 4000, 0]],
    events: metrics ? [[30, 'end of the warm-up', ''], [300, 'load scaled', '× 1.2'], ...(failing ? [[420, 'paused', ''], [430, 'resumed', '']] : [])] : [],
    waits: metrics ? [{ name: 'accounts', taken: 4200, waited: 31, given_up: failing ? 2 : 0, longest: 1.24 }] : [],
    planned: metrics ? [
      { scenario: 'Visitor', kind: 'open', steps: ['ramp_users_per_sec(0.7).to(8).during(2 min)', 'ramp_users_per_sec(8).to(14).during(6 min)', 'constant_users_per_sec(14).during(2 min)'], starts_with_run: true, points_ms: [[0, 0], ...Array.from({ length: 20 }, (_, i) => [(i + 1) * 6000, Math.round(0.7 * (i + 1) * 6 + (7.3 / 240) * ((i + 1) * 6) ** 2)]), [480_000, 4900], [600_000, 6580]] },
    ] : [],
  };
  const empty = { ok: [], failed: [], service: [] };
  const fine = rows.length > 100 ? 6 : 7;
  const packed = (row) => ({ ok: row.ok.packed(fine), failed: row.failed.packed(fine), service: row.service.packed(fine) });
  const bulk = {
    bits: fine,
    times: [packed(all), ...groupRows.map(packed), ...rows.map((row) => (row ? packed(row) : empty))],
    exchanges: failing ? [0, 1, 2].map((n) => ({
      at: 31 + n, path: rows.find((row) => row.failed.n > 0)?.path ?? [], error: `status is 503, expected 2xx or 304`,
      request: `> POST https://shop.test/pay?n=${n}\n> authorization: •••\n{"name":"<img src=x onerror=alert(1)>"}\n`, response: n === 2 ? '' : `< 503 Service Unavailable\n{"why":"busy"}\n`,
    })) : [],
    series: [null, ...groups.map(() => null), ...rows.map((row) => columns(row.series, ROW_COLUMNS))],
    windows: windows ? {
      version: 1, step_secs: step, seconds, buckets_per_doubling: 2 ** bits,
      requests: rows.map((row) => ({ groups: row.path.slice(0, -1), name: row.path.at(-1), response_time: slots(row.windows, bits) })),
      groups: groups.map((path) => ({ path, duration: '', response_time: slots(merged(inside(path)), bits) })),
    } : null,
  };
  return { head, bulk };
}

function merged(rows) {
  return (rows[0]?.windows ?? []).map((_, at) => {
    const sum = { ok: new Times(), failed: new Times() };
    rows.forEach((row) => {
      sum.ok.merge(row.windows[at].ok);
      sum.failed.merge(row.windows[at].failed);
    });
    return sum;
  });
}

/** The page of such a run, put together as the crate does. */
export function page({ head, bulk }) {
  const shell = readFileSync(new URL('../dist/shell.html', import.meta.url), 'utf8');
  const json = JSON.stringify(head).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  return shell
    .replace('<!--title-->', () => escape(head.run.simulation))
    .replace('<!--plain-->', () => '')
    .replace('<!--head-->', () => json)
    .replace('<!--bulk-->', () => deflateRawSync(JSON.stringify(bulk), { level: 9 }).toString('base64'));
}
