// Failed requests that were kept, with what was sent and received.
import type { Exchange, Row } from '../data/model';
import { useRun } from '../state/app';
import { clock, counted, timeOfDay } from '../text/format';

/** Those of a request, or of all requests in a group. */
export function exchangesOf(all: readonly Exchange[], row: Row): Exchange[] {
  const inside = (path: string[]) => row.path.every((part, at) => path[at] === part);
  return all.filter(({ path }) => inside(path) && (row.kind === 'group' || path.length === row.path.length));
}

export function Exchanges(props: { row: Row }) {
  const run = useRun();
  const kept = exchangesOf(run.bulk?.exchanges ?? [], props.row);
  if (kept.length === 0) return null;
  return (
    <>
      <div class="inline"><h3>{counted(kept.length, 'failed exchange')} kept</h3></div>
      <p class="note">The first of each kind of error, with secrets masked; long bodies are cut.</p>
      {kept.map((one, at) => (
        <details class="exchange" key={at} open={at === 0}>
          <summary>
            <span title={timeOfDay(run.head.run.started_at_ms, one.at)}>{clock(one.at)}</span> <span class="error-text">{one.error}</span>
          </summary>
          <Side name="Request" text={one.request} />
          <Side name="Response" text={one.response} />
        </details>
      ))}
    </>
  );
}

function Side(props: { name: string; text: string }) {
  return (
    <>
      <h4>{props.name}</h4>
      {props.text === '' ? <p class="note">There was none.</p> : <pre tabIndex={0} aria-label={props.name}>{props.text}</pre>}
    </>
  );
}
