// Statuses and phases of a row as bars.
import type { Colour } from '../charts/colours';
import type { Bar } from '../components/Bars';
import { Bars } from '../components/Bars';
import { T, type Row } from '../data/model';
import { useRun } from '../state/app';
import { count, percent, time } from '../text/format';
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

export function Breakdown() {
  const { head } = useRun();
  const all = head.rows[0];
  const [statuses, phases] = [statusBars(all), phaseBars(all)];
  if (statuses.length + phases.length === 0) return null;
  return (
    <Section id="breakdown" title="Statuses and phases">
      <div class="grid">
        {statuses.length > 0 ? <div class="panel"><h3>Responses by status</h3><Bars label="Responses by status" bars={statuses} /></div> : null}
        {phases.length > 0 ? <div class="panel"><h3>Where the time of a request goes</h3><Bars label="Phases" bars={phases} /><p class="note">Mean over all requests, also those in which a phase did not happen (a kept connection is not opened again); at the right, the 95th percentile where it did.</p></div> : null}
      </div>
    </Section>
  );
}
