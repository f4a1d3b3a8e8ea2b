// The charts over time, with one cursor, one zoom and one selection.
import { useMemo } from 'preact/hooks';
import { Plot } from '../charts/Plot';
import type { Level, Line, Moment, Stretch } from '../charts/plot';
import type { Colour } from '../charts/colours';
import { perSecond, type Series } from '../data/columns';
import type { Head, Metric } from '../data/model';
import { readSeries } from '../data/columns';
import type { RunData } from '../data/run';
import { useApp, useRun, useTheme, useView } from '../state/app';
import { useStore } from '../state/store';
import { bytes, clock, count, figure, short, tick, time, timeOfDay } from '../text/format';
import { planned } from '../data/planned';
import { Section } from '../components/Section';

/** Everything that charts over the run's time have in common. */
export function useTimeAxis() {
  const app = useApp();
  const run = useRun();
  const theme = useTheme();
  const { range } = useView();
  const stretches = useMemo(() => stretchesOf(run), [run]);
  return {
    sync: 'run', theme, moments: useMemo(() => momentsOf(run.head), [run]), range: useMemo(() => range ?? { from: 0, to: run.end }, [range, run]), stretches,
    onSelect: (from: number, to: number) => app.select(from, to),
    at: (second: number) => `${clock(second)} · ${timeOfDay(run.head.run.started_at_ms, second)}`,
  };
}

/** Warm-up and stalls. */
function stretchesOf(run: RunData): Stretch[] {
  const { series } = run;
  const found: Stretch[] = [];
  const of = (column: string, name: string, colour: Colour) => {
    series.column(column).forEach((value, at) => {
      if (!value) return;
      const [from, to] = [series.second[at], series.second[at] + series.span[at]];
      const last = found[found.length - 1];
      if (last?.name === name && last.to === from) last.to = to;
      else found.push({ from, to, name, colour });
    });
  };
  if (run.head.run.warm_up) found.push({ from: 0, to: run.head.run.warm_up, name: 'warm-up', colour: 'muted' });
  of('stalled', 'stall', 'warn');
  return found;
}

/** What happened to the run. Stalls are shaded already, and so is the warm-up. */
export function momentsOf(head: Head): Moment[] {
  return (head.events ?? []).filter(([, kind]) => kind !== 'stall' && kind !== 'end of the warm-up').map(([at, kind, text]) => ({ at, name: kind === 'load scaled' ? `load ${text}` : kind }));
}

/** All of it in words, for those who do not see the charts. */
function told(head: Head): string | undefined {
  const told = (head.events ?? []).filter(([, kind]) => kind !== 'stall' && kind !== 'end of the warm-up');
  if (told.length === 0) return undefined;
  const shown = told.slice(0, 6).map(([at, kind, text]) => `${clock(at)} ${kind}${text ? ` (${text})` : ''}`);
  return `Marked: ${shown.join(', ')}${told.length > shown.length ? ` and ${told.length - shown.length} more` : ''}.`;
}

/** Limits of assertions on percentiles of all requests. */
function limits(run: RunData): Level[] {
  return run.head.assertions.flatMap((one) => {
    const percentile = /^global: (\w+) percentile of response time/.exec(one.description)?.[1];
    const [, value, unit] = /^<=? ([\d.]+) (µs|ms|s)$/.exec(one.expected.replace('≤', '<=')) ?? [];
    const size = { µs: 1, ms: 1e3, s: 1e6 }[unit ?? ''];
    return percentile && size ? [{ at: Number(value) * size, name: `${percentile} ${one.expected}` }] : [];
  });
}

export function latencyLines(series: Series): Line[] {
  return [
    { name: 'p50', colour: 'p75', values: series.column('p50'), format: time, fill: 0.18 },
    { name: 'p95', colour: 'p95', values: series.column('p95'), format: time, bandTo: { line: 0, alpha: 0.16 } },
    { name: 'p99', colour: 'p99', values: series.column('p99'), format: time, bandTo: { line: 1, alpha: 0.1 } },
    { name: 'max', colour: 'max', values: series.column('max'), format: time, dash: [2, 3], width: 1, off: true },
  ];
}

export function rateLines(series: Series): Line[] {
  const rate = (value: number) => `${figure(value)}/s`;
  const ok: Line = { name: 'ok', colour: 'ok', values: perSecond(series, 'ok'), format: rate, fill: 0.14 };
  return !series.has('failed') ? [ok] : [
    ok,
    { name: 'failed', colour: 'fail', values: perSecond(series, 'failed'), format: rate, fill: 0.2, dash: [6, 3] },
  ];
}

const STATUSES: [string, string, Colour, number[]?][] = [
  ['status1', '1xx', 'muted'], ['status2', '2xx', 'ok'], ['status3', '3xx', 'muted'], ['status4', '4xx', 'warn', [8, 3]], ['status5', '5xx', 'fail', [5, 3]],
];

const PHASES: [string, string][] = [
  ['wait', 'wait for a connection'], ['dns', 'DNS'], ['connect', 'connect'], ['tls', 'TLS'], ['first_byte', 'first byte'], ['receive', 'receive'],
];

export function LogSwitch() {
  const app = useApp();
  const log = useStore(app.log, (on) => on);
  return (
    <button type="button" class="quiet" aria-pressed={log} onClick={() => app.log.set(!log)}>log</button>
  );
}

export function ChartGrid() {
  const app = useApp();
  const run = useRun();
  const axis = useTimeAxis();
  const log = useStore(app.log, (on) => on);
  const { series } = run;
  const charts = useMemo(() => {
    const rate = (value: number) => `${figure(value)}/s`;
    const plan = planned(run);
    const users: Line[] = [{ name: 'active', colour: 'accent', values: series.column('active'), format: count, fill: 0.1, stepped: true }];
    // Seconds without a point are filled in by the series, and have no users of their own here.
    const places = new Map((run.head.series.find(([name]) => name === 'second')?.[1] ?? series.second).map((second, at) => [second, at]));
    (run.head.active ?? []).slice(0, 6).forEach((active, at) => users.push({
      name: run.head.scenarios[at]?.name ?? '', colour: `s${at}` as Colour, values: series.second.map((second) => active[places.get(second) ?? -1] ?? null), format: count, width: 1, stepped: true,
    }));
    // Behind the others: where all went as planned it is not seen.
    if (plan.closed) users.unshift({ name: 'planned', colour: 'muted', values: plan.closed, format: count, width: 1, dash: [4, 3] });
    const arrivals: Line[] = [
      { name: 'started', colour: 's0', values: perSecond(series, 'started'), format: rate },
      { name: 'ended', colour: 's2', values: perSecond(series, 'ended'), format: rate, width: 1 },
    ];
    if (series.has('dropped')) arrivals.push({ name: 'dropped', colour: 'fail', values: perSecond(series, 'dropped'), format: rate, dash: [6, 3] });
    if (plan.open) arrivals.unshift({ name: 'planned', colour: 'muted', values: plan.open, format: rate, width: 1, dash: [4, 3] });
    const statuses: Line[] = STATUSES.filter(([column]) => series.has(column)).map(([column, name, colour, dash]) => ({ name, colour, dash, values: perSecond(series, column), format: rate }));
    const requests = series.column('ok').map((ok, at) => (ok ?? 0) + (series.column('failed')[at] ?? 0));
    // Stacked: each line has those below it, and the readout its own part.
    const below = requests.map(() => 0);
    const phases: Line[] = PHASES.filter(([column]) => series.has(column)).map(([column, name], at) => {
      const own = series.column(column).map((sum, place) => (requests[place] > 0 ? (sum ?? 0) / requests[place] : null));
      const values = own.map((mean, place) => (mean === null ? null : (below[place] += mean)));
      return { name, colour: `s${at % 6}` as Colour, values, parts: own, format: time, ...(at === 0 ? { fill: 0.25 } : { bandTo: { line: at - 1, alpha: 0.25 } }) };
    });
    const connections: Line[] = series.has('connected') ? [
      { name: 'opened', colour: 's1', values: perSecond(series, 'connected'), format: rate },
      { name: 'requests over open ones', colour: 's0', values: requests.map((all, at) => Math.max(0, all - (series.column('connected')[at] ?? 0)) / series.span[at]), format: rate, width: 1 },
    ] : [];
    return {
      statuses, phases, connections,
      rates: rateLines(series), latency: latencyLines(series), users, arrivals, levels: limits(run),
      bytes: [
        { name: 'received', colour: 's0', values: perSecond(series, 'received'), format: (v) => `${bytes(v)}/s`, fill: 0.08 },
        { name: 'sent', colour: 's5', values: perSecond(series, 'sent'), format: (v) => `${bytes(v)}/s` },
      ] as Line[],
      lag: [{ name: 'start lag p99', colour: 'warn', values: series.column('lag'), format: time, fill: 0.12 }] as Line[],
      throttle: (series.has('throttle') ? [{ name: 'throttle wait p99', colour: 's3', values: series.column('throttle'), format: time, fill: 0.1 }] : []) as Line[],
      // Microseconds of a second, as a share of the cores that it uses.
      cpu: (series.has('cpu') ? [{
        name: 'of its cores', colour: 's4', fill: 0.12, format: (value: number) => `${figure(value)} %`,
        values: series.column('cpu').map((used, at) => (used === null ? null : used / (1e4 * series.span[at] * Math.max(1, run.head.run.shards)))),
      }] : []) as Line[],
      memory: (series.has('memory') ? [{ name: 'resident', colour: 's2', values: series.column('memory'), format: bytes, fill: 0.08 }] : []) as Line[],
    };
  }, [run]);
  const x0 = series.second;
  const most = (values: (number | null)[]) => Math.max(0, ...values.map((value) => value ?? 0));
  return (
    <Section id="charts" title="Over time" note={[told(run.head), axis.stretches.length > 0 ? `Shaded: ${axis.stretches.slice(0, 4).map((one) => `${one.name === 'warm-up' ? 'warm-up, not in the figures' : 'the load generator stood still'} (${clock(one.from)}–${clock(one.to)})`).join(', ')}.` : undefined].filter(Boolean).join(' ') || undefined}>
      <div class="grid">
        <Plot {...axis} title="Requests per second" x0={x0} lines={charts.rates} axis={short} height={230}
          summary={`At most ${figure(most(charts.rates[0].values))} succeeded and ${figure(most(charts.rates[1]?.values ?? []))} failed in a second.`} />
        <Plot {...axis} title="Response time" x0={x0} lines={charts.latency} axis={tick} height={230} log={log} levels={charts.levels}
          summary={`The 95th percentile of a second was at most ${time(most(charts.latency[1].values))}.`}
          note={widest(series) > 1 ? `Each point is the highest of ${widest(series)} seconds.` : undefined}>
          <LogSwitch />
        </Plot>
        <Plot {...axis} title="Users" x0={x0} lines={charts.users} axis={short} summary={`At most ${count(most(series.column('active')))} were active.`} />
        <Plot {...axis} title="Arrivals" x0={x0} lines={charts.arrivals} axis={short} summary={`At most ${figure(most(perSecond(series, 'started')))} users started in a second.`} />
        {charts.statuses.length > 0 ? <Plot {...axis} title="Responses by status" x0={x0} lines={charts.statuses} axis={short} summary={`Classes that occurred: ${charts.statuses.map((line) => line.name).join(', ')}.`} /> : null}
        {charts.phases.length > 0 ? <Plot {...axis} title="Where the time of a request goes" x0={x0} lines={charts.phases} axis={tick} summary="Mean time in each phase, stacked." /> : null}
        {charts.connections.length > 0 ? <Plot {...axis} title="Connections" x0={x0} lines={charts.connections} axis={short} summary={`At most ${figure(most(charts.connections[0].values))} were opened in a second.`} /> : null}
        <Plot {...axis} title="Bytes per second" x0={x0} lines={charts.bytes} axis={bytes} summary={`At most ${bytes(most(charts.bytes[0].values))} were received in a second.`} />
        <Plot {...axis} title="Load generator" x0={x0} lines={charts.lag} axis={tick} summary={`How late requests started: at most ${time(most(charts.lag[0].values))} for one in a hundred.`} />
        {charts.cpu.length > 0 ? <Plot {...axis} title="Processor time of the load generator" x0={x0} lines={charts.cpu} axis={(value) => `${figure(value)} %`} summary={`At most ${figure(most(charts.cpu[0].values))} % of its cores in a second.`} /> : null}
        {charts.memory.length > 0 ? <Plot {...axis} title="Memory of the load generator" x0={x0} lines={charts.memory} axis={bytes} summary={`At most ${bytes(most(charts.memory[0].values))} were resident.`} /> : null}
        {charts.throttle.length > 0 ? <Plot {...axis} title="Waits for a throttle" x0={x0} lines={charts.throttle} axis={tick} summary={`One in a hundred requests waited ${time(most(charts.throttle[0].values))} or more, at most.`} /> : null}
        {run.head.metrics.map((metric) => <MetricChart key={metric.name + metric.kind} metric={metric} />)}
      </div>
    </Section>
  );
}

function widest(series: Series): number {
  return Math.max(1, ...series.span.slice(0, 1000));
}

function MetricChart(props: { metric: Metric }) {
  const axis = useTimeAxis();
  const { metric } = props;
  const { lines, x0 } = useMemo(() => {
    const series = readSeries(metric.series, ['last', 'min', 'max', 'p50', 'p95', 'p99']);
    const unit = (value: number) => `${figure(value)}${metric.unit ? ` ${metric.unit}` : ''}`;
    const lines: Line[] = {
      counter: () => [{ name: 'per second', colour: 's0' as Colour, values: perSecond(series, 'count'), format: (v: number) => `${unit(v)}/s`, fill: 0.1 }],
      gauge: () => [{ name: 'last', colour: 's0' as Colour, values: series.column('last'), format: unit }],
      rate: () => [{ name: 'share', colour: 's0' as Colour, values: series.column('non_zero').map((value, at) => { const all = series.column('count')[at]; return all ? ((value ?? 0) * 100) / all : null; }), format: (v: number) => `${figure(v)} %` }],
      trend: () => (['p50', 'p95', 'max'] as const).map((name, at) => ({ name, colour: (['p75', 'p95', 'max'] as const)[at] as Colour, values: series.column(name), format: unit })),
    }[metric.kind]();
    return { lines, x0: series.second };
  }, [metric]);
  return x0.length === 0 ? null : <Plot {...axis} title={`${metric.name}${metric.unit ? `, ${metric.unit}` : ''}`} x0={x0} lines={lines} axis={figure} summary={`A ${metric.kind} of the test’s own.`} />;
}
