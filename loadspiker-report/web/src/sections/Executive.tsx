// The first printed page: one side in plain language, for who has not written the test.
import { useRun } from '../state/app';
import { T, type Row } from '../data/model';
import type { RunData } from '../data/run';
import { perSecond } from '../data/columns';
import { clock, count, counted, date, figure, percent, short, span, time } from '../text/format';
import { Badge } from './Header';
import { errorsOf } from './Errors';

export function Executive() {
  const run = useRun();
  const { head } = run;
  const all = head.rows[0];
  const requests = head.rows.filter((row) => row.kind === 'request' && row.ok + row.failed > 0);
  const slow = [...requests].sort((a, b) => b.response[T.p95] - a.response[T.p95]).slice(0, 5);
  const broken = requests.filter((row) => row.failed > 0).sort((a, b) => b.failed - a.failed).slice(0, 5);
  const failed = head.assertions.filter((one) => !one.passed);
  const scenarios = head.scenarios.map((one) => one.name);
  return (
    <section class="executive" aria-label="Executive summary">
      <h1>{head.run.simulation} <Badge passed={head.passed} /></h1>
      <p class="sentence">{head.sentence}</p>
      <h2>What was tested</h2>
      <p>
        On {date(head.run.started_at_ms)}, {counted(head.users.started, 'simulated user')} went through {scenarios.length === 1 ? `the scenario ${scenarios[0]}` : `${scenarios.length} scenarios (${scenarios.slice(0, 6).join(', ')}${scenarios.length > 6 ? ', …' : ''})`} within {span(head.run.duration)},
        with up to {count(Math.max(0, ...run.series.column('active').map((value) => value ?? 0)))} of them at a time. They made {counted(all.ok + all.failed, 'request')}.
      </p>
      <h2>Whether it held</h2>
      {failed.length > 0 ? <ul>{failed.slice(0, 5).map((one, at) => <li key={at}>✗ {one.description}: {one.message}</li>)}</ul> : <p>{head.assertions.length > 0 ? `All ${counted(head.assertions.length, 'requirement')} were met.` : 'No requirements were set.'} {head.passed ? '' : `But the run has not passed: ${head.run.after_error ?? head.run.end}.`}</p>}
      <table class="data">
        <thead><tr><th scope="col" /><th class="n" scope="col">Requests</th><th class="n" scope="col">Failed</th><th class="n" scope="col">Per second</th><th class="n" scope="col">Half within</th><th class="n" scope="col">95 % within</th><th class="n" scope="col">99 % within</th></tr></thead>
        <tbody><tr><th scope="row">All requests</th><td class="n">{count(all.ok + all.failed)}</td><td class="n">{percent(all.failed, all.ok + all.failed)}</td><td class="n">{figure(all.rate)}</td><td class="n">{time(all.response[T.p50])}</td><td class="n">{time(all.response[T.p95])}</td><td class="n">{time(all.response[T.p99])}</td></tr></tbody>
      </table>
      <h2>Where it degraded</h2>
      <div class="two">
        <List title="Slowest (95 % within)" rows={slow} value={(row) => time(row.response[T.p95])} />
        {broken.length > 0 ? <List title="Failed most" rows={broken} value={(row) => `${count(row.failed)} (${percent(row.failed, row.ok + row.failed)})`} /> : <div><h3>Failures</h3><p>None.</p></div>}
      </div>
      {errorsOf(head).slice(0, 3).map((error) => <p key={error.text} class="error-text">{count(error.count)} × {error.text}</p>)}
      <Strip run={run} name="Requests per second" values={perSecond(run.series, 'ok').map((value, at) => (value ?? 0) + (perSecond(run.series, 'failed')[at] ?? 0))} write={short} />
      <Strip run={run} name="95 % answered within" values={run.series.column('p95')} write={time} />
      <p class="note">{head.warnings.length > 0 ? `To be read with care: ${head.warnings[0]}` : 'The load generator kept up: the figures are those of the system under test.'}</p>
    </section>
  );
}

function List(props: { title: string; rows: Row[]; value: (row: Row) => string }) {
  return (
    <div>
      <h3>{props.title}</h3>
      <ol>{props.rows.map((row) => <li key={row.path.join('/')}><span>{row.path.join(' / ')}</span> <b>{props.value(row)}</b></li>)}</ol>
    </div>
  );
}

/** A line over time as it prints, sharp at any size. */
function Strip(props: { run: RunData; name: string; values: (number | null)[]; write: (value: number) => string }) {
  const [width, height] = [680, 70];
  const { second, length } = props.run.series;
  const size = Math.max(1, Math.ceil(length / 340));
  const top = Math.max(...props.values.map((value) => value ?? 0), 1e-9);
  let path = '';
  let pen = false;
  for (let at = 0; at < length; at += size) {
    const known = props.values.slice(at, at + size).filter((value): value is number => value !== null);
    if (known.length === 0) {
      pen = false;
      continue;
    }
    path += `${pen ? 'L' : 'M'}${((second[at] / Math.max(props.run.end, 1)) * width).toFixed(1)} ${(height - (Math.max(...known) / top) * (height - 2)).toFixed(1)}`;
    pen = true;
  }
  return (
    <figure class="strip">
      <figcaption>{props.name}, at most {props.write(top)}; from 0:00 to {clock(props.run.end)}</figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} width="100%" height={height} preserveAspectRatio="none" aria-hidden="true"><path d={path} class="line" fill="none" vector-effect="non-scaling-stroke" /></svg>
    </figure>
  );
}
