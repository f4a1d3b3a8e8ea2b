// Statuses and phases of a row as bars.
import type { Colour } from '../charts/colours';
import type { Bar } from '../components/Bars';
import { Bars } from '../components/Bars';
import { T, type Row } from '../data/model';
import { apdex } from '../data/histogram';
import { useApp, useRun, useView } from '../state/app';
import { useStore } from '../state/store';
import { count, percent, tick, time } from '../text/format';
import { Section } from '../components/Section';

export function statusColour(code: number): Colour {
  return code < 300 ? 'ok' : code < 400 ? 'muted' : code < 500 ? 'warn' : 'fail';
}

export function statusBars(row: Row): Bar[] {
  const answered = row.status.reduce((sum, [, n]) => sum + n, 0);
  if (answered === 0) return [];
  const all = Math.max(answered, row.kind === 'group' ? answered : row.ok + row.failed);
  const bars: Bar[] = row.status.map(([code, n]) => ({
    name: String(code), share: n / all, text: `${count(n)} · ${percent(n, all)}`, colour: statusColour(code),
  }));
  if (all > answered) bars.push({ name: 'none', share: (all - answered) / all, text: `${count(all - answered)} · ${percent(all - answered, all)}`, colour: 'fail', dashed: true });
  return bars;
}

export function phaseBars(row: Row): Bar[] {
  const all = Math.max(1, ...row.phases.map(([, times]) => times[T.count]));
  // Over all requests: what happens seldom weighs little.
  const means = row.phases.map(([, times]) => (times[T.mean] * times[T.count]) / all);
  const total = means.reduce((sum, mean) => sum + mean, 0) || 1;
  return row.phases.map(([name, times], at) => ({
    name, share: means[at] / total, text: `${time(means[at])} · p95 ${time(times[T.p95])}`, colour: `s${at % 6}` as Colour,
  }));
}

/** How many were answered within the time that satisfies, within four times it, later, or not. */
export function Ranges(props: { row: number }) {
  const app = useApp();
  const run = useRun();
  const { range } = useView();
  const satisfied = useStore(app.satisfied, (ms) => ms);
  const shown = run.rows(range)[props.row];
  const { okTimes } = shown;
  if (!okTimes || shown.ok + shown.failed === 0) return null;
  const all = shown.ok + shown.failed;
  const [fast, bearable] = [okTimes.countUpTo(satisfied * 1000), okTimes.countUpTo(satisfied * 4000)];
  const [limit, outer] = [tick(satisfied * 1000), tick(satisfied * 4000)];
  const parts: { name: string; n: number; colour: string }[] = [
    { name: `within ${limit}`, n: fast, colour: 'ok' },
    { name: `${limit} to ${outer}`, n: bearable - fast, colour: 's4' },
    { name: `above ${outer}`, n: shown.ok - bearable, colour: 'warn' },
    { name: 'failed', n: shown.failed, colour: 'fail' },
  ];
  let left = 0;
  return (
    <div class="panel">
      <h3>How long users waited</h3>
      <div class="ranges">
        <svg width="100%" height="18" aria-hidden="true">
          {parts.map((part) => {
            const x = left;
            left += (part.n * 100) / all;
            return <rect key={part.name} class={`f-${part.colour}`} x={`${x}%`} width={`${(part.n * 100) / all}%`} height="18" />;
          })}
        </svg>
        <ul>{parts.map((part) => <li key={part.name}><i class={`swatch c-${part.colour}`} />{part.name} <b>{percent(part.n, all)}</b> <span class="note">{count(part.n)}</span></li>)}</ul>
      </div>
      <p class="note">Apdex {(apdex(okTimes, shown.failed, satisfied * 1000) ?? 0).toFixed(2)}. The limit of {limit} is set under “Columns” at the table.</p>
    </div>
  );
}

export function Breakdown() {
  const { head } = useRun();
  const all = head.rows[0];
  const [statuses, phases] = [statusBars(all), phaseBars(all)];
  return (
    <Section id="breakdown" title="Waits, statuses and phases">
      <div class="grid three">
        <Ranges row={0} />
        {statuses.length > 0 ? <div class="panel"><h3>Responses by status</h3><Bars label="Responses by status" bars={statuses} /></div> : null}
        {phases.length > 0 ? <div class="panel"><h3>Where the time of a request goes</h3><Bars label="Phases" bars={phases} /><p class="note">Mean over all requests, also those in which a phase did not happen (a kept connection is not opened again); at the right, the 95th percentile where it did.</p></div> : null}
      </div>
    </Section>
  );
}
