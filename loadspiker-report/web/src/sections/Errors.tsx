// Errors of all requests and steps, the most frequent first.
import { CopyButtons } from '../components/CopyButtons';
import { Section } from '../components/Section';
import { DataTable, copied, type Column } from '../components/DataTable';
import type { Failure, Head } from '../data/model';
import { idOf } from '../data/tree';
import { useApp, useRun } from '../state/app';
import { clock, count, percent, timeOfDay } from '../text/format';

export interface ErrorRow {
  text: string;
  count: number;
  /** Seconds of the run; null where they are not known. */
  first: number | null;
  last: number | null;
  example: string | null;
  /** The requests in which it occurred, most often first. */
  where: { name: string; id: string | null; count: number }[];
}

/** A row of the table of what is known of an error at one place. */
export function errorRow([text, n, first, last, example]: Failure): ErrorRow {
  return { text, count: n, first: first ?? null, last: last ?? null, example: example ?? null, where: [] };
}

/** The smaller of two that may not be known; with `sign` -1 the greater. */
function earlier(a: number | null, b: number | null, sign = 1): number | null {
  return a === null || (b !== null && b * sign < a * sign) ? b : a;
}

/** Errors by text, with where they occurred. */
export function errorsOf(head: Head): ErrorRow[] {
  const found = new Map<string, ErrorRow>();
  const add = (failure: Failure, name: string, id: string | null) => {
    const own = errorRow(failure);
    const row = found.get(own.text) ?? { ...own, count: 0 };
    row.count += own.count;
    row.first = earlier(row.first, own.first);
    row.last = earlier(row.last, own.last, -1);
    row.example ??= own.example;
    row.where.push({ name, id, count: own.count });
    found.set(own.text, row);
  };
  for (const row of head.rows) {
    if (row.kind === 'request') row.errors.forEach((failure) => add(failure, row.path.join(' / '), idOf(row.path)));
  }
  for (const scenario of head.scenarios) scenario.users.errors.forEach((failure) => add(failure, `a step of ${scenario.name}`, null));
  const all = [...found.values()].sort((a, b) => b.count - a.count);
  all.forEach((row) => row.where.sort((a, b) => b.count - a.count));
  return all;
}

export function Errors() {
  const { head } = useRun();
  const errors = errorsOf(head);
  if (errors.length === 0) return null;
  return (
    <Section id="errors" title="Errors" tools={<CopyButtons what="the errors" table={() => copied(columns(errors), errors)} />}>
      <ErrorTable errors={errors} />
    </Section>
  );
}

function columns(errors: readonly ErrorRow[]): Column<ErrorRow>[] {
  const all = errors.reduce((sum, error) => sum + error.count, 0);
  const found: Column<ErrorRow>[] = [
    { title: 'Error', cell: (row) => row.text, show: (row) => <ErrorText of={row} /> },
    { title: 'Count', number: true, cell: (row) => row.count, text: (row) => count(row.count) },
    { title: 'Share', number: true, cell: (row) => (row.count * 100) / all, text: (row) => percent(row.count, all) },
  ];
  if (errors.some((error) => error.example !== null)) found.splice(1, 0, { title: 'Example', cell: (row) => row.example ?? '', hidden: true });
  if (errors.some((error) => error.first !== null)) {
    found.push(
      { title: 'First', number: true, cell: (row) => row.first, text: (row) => (row.first === null ? '' : clock(row.first)), show: (row) => <When at={row.first} /> },
      { title: 'Last', number: true, cell: (row) => row.last, text: (row) => (row.last === null ? '' : clock(row.last)), show: (row) => <When at={row.last} /> },
    );
  }
  if (errors.some((error) => error.where.length > 0)) {
    found.push({ title: 'Where', cell: (row) => row.where.map((one) => `${one.name} (${one.count})`).join(', '), show: (row) => <Where of={row} /> });
  }
  return found;
}

export function ErrorTable(props: { errors: ErrorRow[] }) {
  return <DataTable caption="Errors" columns={columns(props.errors)} rows={props.errors} bad={() => true} />;
}

function ErrorText(props: { of: ErrorRow }) {
  const { text, example } = props.of;
  return (
    <>
      <span class="error-text">{text}</span>
      {example !== null && example !== text ? <span class="error-text example">such as: {example}</span> : null}
    </>
  );
}

function When(props: { at: number | null }) {
  const { head } = useRun();
  return props.at === null ? null : <span title={timeOfDay(head.run.started_at_ms, props.at)}>{clock(props.at)}</span>;
}

function Where(props: { of: ErrorRow }) {
  const app = useApp();
  const most = props.of.where.slice(0, 3);
  return (
    <span class="where">
      {most.map((one) => one.id === null ? <span key={one.name}>{one.name}</span> : (
        <button type="button" class="link" key={one.name} onClick={() => app.view.update({ request: one.id })}>{one.name}</button>
      ))}
      {props.of.where.length > most.length ? <span class="note">and {props.of.where.length - most.length} more</span> : null}
    </span>
  );
}
