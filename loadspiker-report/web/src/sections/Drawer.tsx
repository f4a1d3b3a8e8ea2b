// One request or group: its figures, charts, distribution, phases, statuses and errors.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Plot } from '../charts/Plot';
import { Bars } from '../components/Bars';
import { CopyButtons } from '../components/CopyButtons';
import { T, type Row } from '../data/model';
import { idOf } from '../data/tree';
import { useApp, useRun, useView } from '../state/app';
import { useStore } from '../state/store';
import { bytes, count, counted, figure, percent, short, tick, time } from '../text/format';
import { LogSwitch, latencyLines, rateLines, useTimeAxis } from './ChartGrid';
import { Curves, LoadAgainstLatency } from './Distribution';
import { ErrorTable, errorRow } from './Errors';
import { Exchanges } from './Exchanges';
import { FailureKinds } from './Tags';
import { phaseBars, Ranges, statusBars } from './Statuses';

export function Drawer() {
  const app = useApp();
  const run = useRun();
  const view = useView();
  const index = view.request === null ? -1 : run.head.rows.findIndex((row) => row.kind !== 'all' && same(idOf(row.path), view.request ?? ''));
  const box = useRef<HTMLDivElement>(null);
  const before = useRef<Element | null>(null);
  useEffect(() => {
    // By the time a drawer is open, the page behind it has lost the focus.
    const focused = (event: FocusEvent) => {
      if (event.target instanceof Element && !box.current?.contains(event.target)) before.current = event.target;
    };
    document.addEventListener('focusin', focused);
    return () => document.removeEventListener('focusin', focused);
  }, []);
  const open = index >= 0;
  useEffect(() => {
    if (!open) return;
    box.current?.focus();
    document.body.classList.add('covered');
    return () => {
      document.body.classList.remove('covered');
      if (before.current instanceof HTMLElement) before.current.focus();
    };
  }, [open]);
  if (!open) return null;
  const close = () => app.view.update({ request: null });
  const order = run.head.rows.map((row, at) => ({ row, at })).filter(({ row }) => row.kind === 'request');
  const place = order.findIndex(({ at }) => at === index);
  const go = (step: number) => {
    const next = order[(Math.max(place, 0) + step + order.length) % order.length];
    if (next) app.view.update({ request: idOf(next.row.path) });
  };
  return (
    <div class="cover" onPointerDown={(event) => event.target === event.currentTarget && close()}>
      <div class="drawer" ref={box} role="dialog" aria-modal="true" aria-labelledby="drawer-title" tabIndex={-1} onKeyDown={(event) => trap(event, box.current)}>
        <Content key={index} index={index} row={run.head.rows[index]} close={close} go={go} />
      </div>
    </div>
  );
}

/** Names are compared as they are written in addresses and as they are written in tables. */
const same = (id: string, wanted: string) => id === wanted || id === wanted.replaceAll(' / ', '/');

/** Tab stays within the drawer. */
function trap(event: KeyboardEvent, box: HTMLElement | null): void {
  if (event.key !== 'Tab' || !box) return;
  const all = [...box.querySelectorAll<HTMLElement>('button, input, a[href], [tabindex="0"]')];
  const [first, last] = [all[0], all[all.length - 1]];
  const now = document.activeElement;
  if (event.shiftKey ? now === first || now === box : now === last) {
    event.preventDefault();
    (event.shiftKey ? last : first)?.focus();
  }
}

function Content(props: { index: number; row: Row; close: () => void; go: (step: number) => void }) {
  const { index, row } = props;
  const app = useApp();
  const run = useRun();
  const view = useView();
  const axis = useTimeAxis();
  const log = useStore(app.log, (on) => on);
  const series = run.seriesOf(index);
  const shown = run.rows(view.range)[index];
  const lines = useMemo(() => series && { rates: rateLines(series), latency: latencyLines(series) }, [series]);
  const all = shown.ok + shown.failed;
  const times = shown.response;
  const phases = phaseBars(row);
  const statuses = statusBars(row);
  const figures: [string, string][] = [
    [row.kind === 'group' ? 'Passes' : 'Requests', count(all)], ['Failed', all ? `${count(shown.failed)} (${percent(shown.failed, all)})` : '0'], ['Rate', `${figure(shown.rate)}/s`],
    ...(times ? ([['Mean', time(times[T.mean])], ['p50', time(times[T.p50])], ['p95', time(times[T.p95])], ['p99', time(times[T.p99])], ['p99.9', time(times[T.p999])], ['Max', time(times[T.max])]] as [string, string][]) : []),
    ...(row.service && shown.whole ? ([['Service p95', time(row.service[T.p95])]] as [string, string][]) : []),
    ...(row.duration && shown.whole ? ([['Duration p95, with pauses', time(row.duration[T.p95])]] as [string, string][]) : []),
    ...(row.lag && shown.whole ? ([['Start lag p99', time(row.lag[T.p99])]] as [string, string][]) : []),
    ...(row.throttle && shown.whole ? ([['Throttle wait p95', time(row.throttle[T.p95])]] as [string, string][]) : []),
    ...(shown.whole ? ([['Received', bytes(row.received)], ['Sent', bytes(row.sent)]] as [string, string][]) : []),
  ];
  return (
    <>
      <header>
        <div class="names">
          <span class="crumbs">{row.kind === 'group' ? 'Group' : 'Request'}{row.path.length > 1 ? ` in ${row.path.slice(0, -1).join(' / ')}` : ''}</span>
          <h2 id="drawer-title">{shown.failed > 0 ? <span class="mark" role="img" aria-label="has failures">✗ </span> : null}{row.path[row.path.length - 1]}</h2>
        </div>
        <button type="button" class="quiet" onClick={() => props.go(-1)} aria-label="Previous request">‹</button>
        <button type="button" class="quiet" onClick={() => props.go(1)} aria-label="Next request">›</button>
        <button type="button" class="quiet" onClick={props.close}>Close <kbd>Esc</kbd></button>
      </header>
      <dl class="facts">{figures.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      {view.range && !times ? <p class="note">Percentiles of a part of the run are not known: this run has no histograms per window.</p> : null}
      <div class="grid">
        {series && lines ? (
          <>
            <Plot {...axis} title="Requests per second" x0={series.second} lines={lines.rates} axis={short} summary={`${counted(row.ok, 'request')} ended well, ${count(row.failed)} failed.`} />
            <Plot {...axis} title="Response time" x0={series.second} lines={lines.latency} axis={tick} log={log} summary={`p95 of the run ${time(row.response[T.p95])}.`}><LogSwitch /></Plot>
          </>
        ) : null}
        <Curves row={index} />
        <LoadAgainstLatency row={index} />
        <Ranges row={index} />
        {phases.length > 0 ? <div class="panel"><h3>Where the time goes</h3><Bars label="Phases, mean of all requests" bars={phases} /><p class="note">Mean over all requests, also those in which a phase did not happen; at the right, the 95th percentile where it did.</p></div> : null}
        {statuses.length > 0 ? <div class="panel"><h3>Statuses</h3><Bars label="Statuses" bars={statuses} /></div> : null}
        <FailureKinds row={row} />
      </div>
      {row.errors.length > 0 ? (
        <>
          <div class="inline"><h3>Errors</h3><CopyButtons what="the errors" table={() => ({ header: ['Error', 'Count'], cells: row.errors.map(([text, n]) => [text, n]), texts: row.errors.map(([text, n]) => [text, count(n)]) })} /></div>
          <ErrorTable errors={row.errors.map(errorRow)} />
        </>
      ) : null}
      <Exchanges row={row} />
    </>
  );
}
