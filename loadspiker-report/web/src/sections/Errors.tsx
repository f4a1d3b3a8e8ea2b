// Errors of all requests and steps, the most frequent first.
import { CopyButtons } from '../components/CopyButtons';
import { Section } from '../components/Section';
import { DataTable, copied, type Column } from '../components/DataTable';
import type { Head } from '../data/model';
import { idOf } from '../data/tree';
import { useApp, useRun } from '../state/app';
import { count, percent } from '../text/format';

export interface ErrorRow {
  text: string;
  count: number;
  /** The requests in which it occurred, most often first. */
  where: { name: string; id: string | null; count: number }[];
}

/** Errors by text, with where they occurred. */
export function errorsOf(head: Head): ErrorRow[] {
  const found = new Map<string, ErrorRow>();
  const add = (text: string, n: number, name: string, id: string | null) => {
    const row = found.get(text) ?? { text, count: 0, where: [] };
    row.count += n;
    row.where.push({ name, id, count: n });
    found.set(text, row);
  };
  for (const row of head.rows) {
    if (row.kind === 'request') row.errors.forEach(([text, n]) => add(text, n, row.path.join(' / '), idOf(row.path)));
  }
  for (const scenario of head.scenarios) scenario.users.errors.forEach(([text, n]) => add(text, n, `a step of ${scenario.name}`, null));
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
    { title: 'Error', cell: (row) => row.text, show: (row) => <span class="error-text">{row.text}</span> },
    { title: 'Count', number: true, cell: (row) => row.count, text: (row) => count(row.count) },
    { title: 'Share', number: true, cell: (row) => (row.count * 100) / all, text: (row) => percent(row.count, all) },
  ];
  if (errors.some((error) => error.where.length > 0)) {
    found.push({ title: 'Where', cell: (row) => row.where.map((one) => `${one.name} (${one.count})`).join(', '), show: (row) => <Where of={row} /> });
  }
  return found;
}

export function ErrorTable(props: { errors: ErrorRow[] }) {
  return <DataTable caption="Errors" columns={columns(props.errors)} rows={props.errors} bad={() => true} />;
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
