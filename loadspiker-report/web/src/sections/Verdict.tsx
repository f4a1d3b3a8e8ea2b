// The answer: whether it passed, what broke, at what load, and whether the figures can be trusted.
import { useRun } from '../state/app';
import { T, type Assertion, type Head } from '../data/model';
import { bytes, count, counted, figure, percent, span, time } from '../text/format';
import { Badge } from './Header';

export function Verdict() {
  const { head, series } = useRun();
  const failed = head.assertions.filter((one) => !one.passed);
  const active = series.column('active').map((value) => value ?? 0);
  const all = head.rows[0];
  return (
    <section class={`verdict ${head.passed ? 'ok' : 'fail'}`} aria-label="Verdict">
      <div class="answer">
        <p class="headline"><Badge passed={head.passed} /> {reason(head, failed)}</p>
        <p class="sentence">{head.sentence}</p>
        {head.assertions.length > 0 ? (
          <ul class="assertions" aria-label="Assertions">
            {[...failed, ...head.assertions.filter((one) => one.passed)].slice(0, 12).map((one, at) => <AssertionLine key={at} of={one} />)}
            {head.assertions.length > 12 ? <li class="note">and {head.assertions.length - 12} more</li> : null}
          </ul>
        ) : <p class="note">No assertion was made: add some, and this line says whether the system under test is good enough.</p>}
      </div>
      <dl class="tiles">
        <Tile name="Requests" value={count(all.ok + all.failed)} more={`${figure(all.rate)} per second`} />
        <Tile name="Failed" value={percent(all.failed, all.ok + all.failed)} more={counted(all.failed, 'request')} tone={all.failed > 0 ? 'fail' : undefined} />
        <Tile name="Half within" value={time(all.response[T.p50])} more={`mean ${time(all.response[T.mean])}`} />
        <Tile name="95 % within" value={time(all.response[T.p95])} more={`75 % ${time(all.response[T.p75])}`} />
        <Tile name="99 % within" value={time(all.response[T.p99])} more={`max ${time(all.response[T.max])}`} />
        <Tile name="Users" value={count(head.users.started)} more={`${count(Math.max(0, ...active))} at a time`} />
        <Tile name="Received" value={bytes(all.received)} more={`sent ${bytes(all.sent)}`} />
        <Tile name="Failed users" value={count(head.users.failed)} more={`of ${count(head.users.ended)} that ended`} tone={head.users.failed > 0 ? 'fail' : undefined} />
      </dl>
      <Health head={head} />
    </section>
  );
}

function reason(head: Head, failed: Assertion[]): string {
  if (head.run.cut_short || head.run.after_error) return head.run.after_error ? `what is done after the run failed: ${head.run.after_error}` : head.run.end;
  if (failed.length > 0) return `${failed.length} of ${counted(head.assertions.length, 'assertion')} failed`;
  return head.assertions.length > 0 ? `${head.assertions.length === 1 ? 'the assertion holds' : `all ${head.assertions.length} assertions hold`}` : 'the run came to its end';
}

function AssertionLine(props: { of: Assertion }) {
  const { of } = props;
  return (
    <li class={of.passed ? 'ok' : 'fail'}>
      <span class="mark" aria-label={of.passed ? 'holds' : 'failed'}>{of.passed ? '✓' : '✗'}</span>
      <div>
        <span class="what">{of.description}</span> <b class="actual">{of.message}</b>
        {!of.passed && of.look_at?.length ? <ul class="look">{of.look_at.map((line, at) => <li key={at}>{line}</li>)}</ul> : null}
      </div>
    </li>
  );
}

function Tile(props: { name: string; value: string; more: string; tone?: 'fail' }) {
  return (
    <div class="tile">
      <dt>{props.name}</dt>
      <dd><b class={props.tone ?? ''}>{props.value}</b><small>{props.more}</small></dd>
    </div>
  );
}

/** Whether the load generator can be believed, in one line, with what is to be known. */
function Health(props: { head: Head }) {
  const { run, warnings, bottleneck, rows } = props.head;
  const lag = rows[0].lag;
  const facts = [
    run.cpu_share === null ? null : `CPU ${Math.round(run.cpu_share * 100)} % of ${counted(run.shards, 'core')}`,
    lag ? `start lag p99 ${time(lag[T.p99])}` : null,
    run.stalls[0] > 0 ? `stood still ${counted(run.stalls[0], 'time')}, up to ${span(run.stalls[1])}` : null,
    props.head.users.dropped > 0 ? `${counted(props.head.users.dropped, 'arrival')} dropped` : 'no arrivals dropped',
  ].filter(Boolean);
  const doubt = warnings.length > 0 || bottleneck === 'load_generator';
  return (
    <div class={`health ${doubt ? 'warn' : 'ok'}`}>
      <p><b>{doubt ? '▲ Load generator: read this first' : '● Load generator: kept up'}</b> <span class="note">{facts.join(' · ')}</span></p>
      {warnings.length > 0 ? <ul>{warnings.map((warning, at) => <li key={at}>{warning}</li>)}</ul> : null}
    </div>
  );
}
