// How response times are distributed: of all requests, of one, of a part of the run.
import { useMemo } from 'preact/hooks';
import { density, percentiles, percentOf } from '../charts/curves';
import { Plot } from '../charts/Plot';
import type { Line } from '../charts/plot';
import { Histogram } from '../data/histogram';
import { perSecond } from '../data/columns';
import { useApp, useRun, useTheme, useView } from '../state/app';
import { useStore } from '../state/store';
import { figure, short, tick, time } from '../text/format';
import { Section } from '../components/Section';
import { LogSwitch } from './ChartGrid';

export function Distribution() {
  return (
    <Section id="distribution" title="Distribution of response times" note="All requests. Open one in the table for its own.">
      <div class="grid three"><Curves row={0} /><LoadAgainstLatency row={0} /></div>
    </Section>
  );
}

const share = (value: number) => `${figure(value)} %`;

/** The distribution and the percentile curve of a row. */
export function Curves(props: { row: number }) {
  const app = useApp();
  const run = useRun();
  const theme = useTheme();
  const log = useStore(app.log, (on) => on);
  const { range } = useView();
  const { bars, curve, note } = useMemo(() => {
    const { windows } = run;
    const part = range && windows ? windows.of(props.row, range) : null;
    const ok = part?.ok ?? run.histogram(props.row, 'ok');
    const failed = part?.failed ?? run.histogram(props.row, 'failed');
    const service = part ? null : run.histogram(props.row, 'service');
    const withService = service !== null && service.count > 0;
    const shape = density(failed.count > 0 ? [ok, failed] : [ok]);
    const names = [
      { name: 'ok', colour: 'ok' as const, fill: 0.22 },
      { name: 'failed', colour: 'fail' as const, fill: 0.22, dash: [6, 3] },
    ];
    const bars: { x: number[]; lines: Line[] } = { x: shape.x, lines: shape.lines.map((values, at) => ({ ...names[at], values, format: share })) };
    const both = Histogram.sum(ok, failed);
    const tail = percentiles(withService ? [both, service] : [both]);
    const curve: { x: number[]; lines: Line[] } = {
      x: tail.x,
      lines: tail.lines.map((values, at) => ({
        name: at === 0 ? 'response time' : 'service time', colour: at === 0 ? 'p99' : 's1', values, format: time, dash: at === 0 ? undefined : [5, 3],
      })),
    };
    const note = range && !windows ? 'Of the whole run: it has no histograms per window.' : range ? 'Service time is known for the whole run only.' : undefined;
    return { bars, curve, note };
  }, [run, props.row, range]);
  if (bars.x.length === 0) return <p class="note">{run.bulk ? 'No response times.' : 'Reading…'}</p>;
  const percentText = (x: number) => `${Number(percentOf(x).toFixed(Math.max(0, Math.ceil(x) - 1) + 1))} %`;
  return (
    <>
      <Plot title="Distribution" x0={bars.x} lines={bars.lines} axis={share} theme={theme} note={note} height={220}
        at={time} x={{ format: tick, log: true }}
        summary={`Most response times are near ${time(bars.x[bars.lines[0].values.reduce((best: number, value, at, all) => ((value ?? 0) > (all[best] ?? 0) ? at : best), 0)])}.`} />
      <Plot title="Percentiles" x0={curve.x} lines={curve.lines} axis={tick} log={log} theme={theme} height={220}
        at={percentText}
        x={{ format: (x) => `${Number(percentOf(x).toFixed(4))} %`, values: (_, splits) => splits.map((x) => (Number.isInteger(x) ? `${Number(percentOf(x).toFixed(4))} %` : '')) }}
        note={curve.lines.length > 1 ? 'Response time counts from the moment the user meant to send, service time from sending.' : undefined}
        summary={`The last value of the curve is ${time(curve.lines[0].values.findLast((value) => value !== null) ?? 0)}.`}>
        <LogSwitch />
      </Plot>
    </>
  );
}

/** Each point of the series: how many requests of all names were answered in a second, and how fast those of a row were. */
export function LoadAgainstLatency(props: { row: number }) {
  const run = useRun();
  const app = useApp();
  const theme = useTheme();
  const log = useStore(app.log, (on) => on);
  const { range } = useView();
  const points = useMemo(() => {
    const series = run.seriesOf(props.row);
    if (!series) return [];
    const [ok, failed] = [perSecond(run.series, 'ok'), perSecond(run.series, 'failed')];
    const loads = new Map(run.series.second.map((second, at) => [second, (ok[at] ?? 0) + (failed[at] ?? 0)]));
    const [p95, bad] = [series.column('p95'), series.column('failed')];
    const all = series.second.map((second, at) => ({ second, load: loads.get(second) ?? -1, time: p95[at], bad: (bad[at] ?? 0) > 0 })).filter((point) => point.load >= 0);
    const some = all.filter((point) => point.time !== null && (!range || (point.second >= range.from && point.second < range.to)));
    some.sort((a, b) => a.load - b.load);
    return some;
  }, [run, range, props.row]);
  const x0 = useMemo(() => points.map((point) => point.load), [points]);
  const lines = useMemo<Line[]>(() => [
    { name: 'p95, all ok', colour: 'p95', values: points.map((point) => (point.bad ? null : point.time)), format: time, dots: true },
    { name: 'p95, some failed', colour: 'fail', values: points.map((point) => (point.bad ? point.time : null)), format: time, dots: true },
  ], [points]);
  if (x0.length < 2) return null;
  return (
    <Plot title="Response time against load" x0={x0} lines={lines} axis={tick} log={log} theme={theme} height={220}
      at={(load) => `${figure(load)}/s`} x={{ format: (load) => `${short(load)}/s` }}
      summary="A point for each second: the requests per second of all names, and the 95th percentile. Where points rise, the system under test is near its limit.">
      <LogSwitch />
    </Plot>
  );
}
