// The figures of requests by their tags, and how many failed by each kind of failure.
import { Bars } from '../components/Bars';
import { CopyButtons } from '../components/CopyButtons';
import { copied, DataTable, type Column } from '../components/DataTable';
import { Section } from '../components/Section';
import { T, type Row } from '../data/model';
import { useRun } from '../state/app';
import { count, figure, percent, time } from '../text/format';

const COLUMNS: Column<Row>[] = [
  { title: 'Tag', cell: (row) => row.path.join('=') },
  { title: 'Count', number: true, cell: (row) => row.ok + row.failed, text: (row) => count(row.ok + row.failed) },
  { title: 'Failed', number: true, cell: (row) => row.failed, text: (row) => count(row.failed) },
  { title: 'Per second', number: true, cell: (row) => row.rate, text: (row) => figure(row.rate) },
  ...(['p50', 'p95', 'p99', 'max'] as const).map((name): Column<Row> => ({ title: name, number: true, cell: (row) => row.response[T[name]], text: (row) => time(row.response[T[name]]) })),
];

export function Tags() {
  const { head } = useRun();
  const tags = head.tags ?? [];
  if (tags.length === 0) return null;
  return (
    <Section id="tags" title="By tag" tools={<CopyButtons what="the tags" table={() => copied(COLUMNS, tags)} />}>
      <DataTable caption="Requests by tag" columns={COLUMNS} rows={tags} bad={(row) => row.failed > 0} />
    </Section>
  );
}

/** Of a request or a group. */
export function FailureKinds(props: { row: Row }) {
  const kinds = [...(props.row.kinds ?? [])].sort((a, b) => b[1] - a[1]);
  if (kinds.length === 0) return null;
  const all = kinds.reduce((sum, [, n]) => sum + n, 0);
  return (
    <div class="panel">
      <h3>Kinds of failures</h3>
      <Bars label="Kinds of failures" bars={kinds.map(([name, n]) => ({ name, share: n / all, text: `${count(n)} · ${percent(n, all)}`, colour: 'fail' as const }))} />
    </div>
  );
}
