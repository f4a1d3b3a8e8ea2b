// Checks, records that users waited for, custom metrics.
import { CopyButtons } from '../components/CopyButtons';
import { DataTable, copied, type Column } from '../components/DataTable';
import { Section } from '../components/Section';
import type { MetricFigures, Wait } from '../data/model';
import { useRun } from '../state/app';
import { count, figure, percent, span } from '../text/format';

type Check = [string, number, number];

const CHECKS: Column<Check>[] = [
  { title: 'Check', cell: ([name]) => name, show: ([name, , failed]) => <>{failed > 0 ? <span class="mark" role="img" aria-label="has failures">✗</span> : null}{name}</> },
  { title: 'Passed', number: true, cell: ([, passed]) => passed, text: ([, passed]) => count(passed) },
  { title: 'Failed', number: true, cell: ([, , failed]) => failed, text: ([, , failed]) => count(failed) },
  { title: 'Failed %', number: true, cell: ([, passed, failed]) => (failed * 100) / Math.max(1, passed + failed), text: ([, passed, failed]) => percent(failed, passed + failed) },
];

export function Checks() {
  const { head } = useRun();
  if (head.checks.length === 0) return null;
  const rows = [...head.checks].sort((a, b) => b[2] - a[2]);
  return (
    <Section id="checks" title="Checks" tools={<CopyButtons what="the checks" table={() => copied(CHECKS, rows)} />}>
      <DataTable caption="Checks" columns={CHECKS} rows={rows} bad={([, , failed]) => failed > 0} />
    </Section>
  );
}

const WAITS: Column<Wait>[] = [
  { title: 'Pool or feeder', cell: (wait) => wait.name },
  { title: 'Records taken', number: true, cell: (wait) => wait.taken, text: (wait) => count(wait.taken) },
  { title: 'Users that waited', number: true, cell: (wait) => wait.waited, text: (wait) => count(wait.waited) },
  { title: 'Longest wait', number: true, cell: (wait) => wait.longest, text: (wait) => span(wait.longest) },
  { title: 'Got none', number: true, cell: (wait) => wait.given_up, text: (wait) => count(wait.given_up) },
];

export function Waits() {
  const { head } = useRun();
  if (head.waits.length === 0) return null;
  return (
    <Section id="records" title="Pools and feeders" tools={<CopyButtons what="the waits" table={() => copied(WAITS, head.waits)} />}>
      <DataTable caption="How users waited for records" columns={WAITS} rows={head.waits} bad={(wait) => wait.given_up > 0} />
    </Section>
  );
}

interface Measured extends MetricFigures {
  name: string;
  kind: string;
  unit: string;
}

function metricColumn(title: string, field: keyof MetricFigures): Column<Measured> {
  return { title, number: true, cell: (row) => row[field], text: (row) => figure(row[field]) };
}

const METRICS: Column<Measured>[] = [
  { title: 'Metric', cell: (row) => row.name },
  { title: 'Kind', cell: (row) => row.kind },
  { title: 'Unit', cell: (row) => row.unit },
  metricColumn('Count', 'count'), metricColumn('Rate /s', 'rate'), metricColumn('Last', 'last'), metricColumn('Share %', 'percent'), metricColumn('Min', 'min'),
  metricColumn('Mean', 'mean'), metricColumn('p50', 'p50'), metricColumn('p95', 'p95'), metricColumn('p99', 'p99'), metricColumn('Max', 'max'),
];

export function Metrics() {
  const { head } = useRun();
  if (head.metrics.length === 0) return null;
  const rows: Measured[] = head.metrics.flatMap((metric) => [
    { name: metric.name, kind: metric.kind, unit: metric.unit, ...metric.figures },
    ...metric.parts.map(([tags, figures]) => ({ name: `${metric.name} · ${tags || 'no tags'}`, kind: metric.kind, unit: metric.unit, ...figures })),
  ]);
  // What no kind here has would be an empty column.
  const columns = METRICS.filter((column) => !column.number || rows.some((row) => column.cell(row) !== null));
  return (
    <Section id="metrics" title="Custom metrics" tools={<CopyButtons what="the custom metrics" table={() => copied(columns, rows)} />}>
      <DataTable caption="Custom metrics" columns={columns} rows={rows} />
    </Section>
  );
}
