// What was run: scenarios with their profiles and users, versions, seed, durations.
import { DataTable, type Column } from '../components/DataTable';
import { Section } from '../components/Section';
import type { Head, Planned, Users } from '../data/model';
import { useRun } from '../state/app';
import { count, counted, date, span, utc } from '../text/format';

interface Population {
  name: string;
  users: Users;
  profile: Planned[];
}

const USERS: Column<Population>[] = [
  { title: 'Scenario', cell: (row) => row.name },
  { title: 'Profile', cell: (row) => row.profile.flatMap((one) => one.steps).join(', '), show: (row) => <Profiles of={row.profile} /> },
  { title: 'Started', number: true, cell: (row) => row.users.started, text: (row) => count(row.users.started) },
  { title: 'Ended', number: true, cell: (row) => row.users.ended, text: (row) => count(row.users.ended) },
  { title: 'Failed', number: true, cell: (row) => row.users.failed, text: (row) => count(row.users.failed) },
  { title: 'Interrupted', number: true, cell: (row) => row.users.interrupted, text: (row) => count(row.users.interrupted) },
  { title: 'Dropped', number: true, cell: (row) => row.users.dropped, text: (row) => count(row.users.dropped) },
];

export function RunCard() {
  const { head } = useRun();
  const planned = head.planned ?? [];
  const rows = head.scenarios.map(({ name, users }) => ({ name, users, profile: planned.filter((one) => one.scenario === name) }));
  const columns = planned.length > 0 ? USERS : USERS.filter((column) => column.title !== 'Profile');
  return (
    <Section id="run" title="The run">
      <dl class="facts card">{facts(head).map(([name, value, more]) => <div key={name}><dt>{name}</dt><dd title={more}>{value}</dd></div>)}</dl>
      <DataTable caption="Scenarios and their users" columns={columns} rows={rows} bad={(row) => row.users.failed > 0} />
    </Section>
  );
}

export function facts(head: Head): [string, string, string?][] {
  const { run } = head;
  const all: ([string, string, string?] | null)[] = [
    ['Simulation', run.simulation],
    ['Started', date(run.started_at_ms), utc(run.started_at_ms)],
    ['Duration', span(run.duration)],
    run.planned === null ? null : ['Users were planned to start for', span(run.planned)],
    run.warm_up === null ? null : ['Warm-up, not in the figures', span(run.warm_up)],
    run.paused > 0 ? ['Paused for', span(run.paused)] : null,
    ['End', run.end],
    run.host ? ['Host', run.host] : null,
    run.command?.length ? ['Command line', run.command.join(' ')] : null,
    run.sample_log ? ['Sample log', `${run.sample_log[0]}, ${counted(run.sample_log[1], 'sample')}`] : null,
    ['Seed', run.seed],
    ['Cores used', count(run.shards)],
    run.cpu === null ? null : ['Processor time', span(run.cpu)],
    ['LoadSpiker', run.version],
    ['Report', `${counted(head.rows.filter((row) => row.kind === 'request').length, 'name')} in ${counted(head.rows.filter((row) => row.kind === 'group').length, 'group')}`],
  ];
  return all.filter((one) => one !== null);
}

/** The planned load as it was written, with its shape. */
function Profiles(props: { of: Planned[] }) {
  return (
    <div class="profiles">
      {props.of.map((one, at) => (
        <div key={at}>
          <Shape of={one} />
          <span>{one.steps.join(', ')}{!one.starts_with_run ? ' (after another population)' : ''}</span>
        </div>
      ))}
    </div>
  );
}

function Shape(props: { of: Planned }) {
  const { points_ms: points, kind } = props.of;
  const [width, height] = [96, 24];
  const end = points.at(-1)?.[0] || 1;
  // Of an open profile points are totals: what is drawn are users per second.
  const values = kind === 'closed' ? points : points.slice(1).flatMap(([x, y], at): [number, number][] => {
    const [x0, y0] = points[at];
    const rate = (y - y0) / Math.max(x - x0, end / 1000);
    return [[x0, rate], [x, rate]];
  });
  const top = Math.max(...values.map(([, y]) => y), 1e-9);
  const path = values.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${((x / end) * (width - 2) + 1).toFixed(1)} ${(height - 2 - (y / top) * (height - 4)).toFixed(1)}`).join('');
  return <svg class="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true"><path d={path} class="line" fill="none" /></svg>;
}
