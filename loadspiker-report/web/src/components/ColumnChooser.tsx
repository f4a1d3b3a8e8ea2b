// Which columns the table has.
import { useEffect, useRef, useState } from 'preact/hooks';

export function ColumnChooser(props: {
  all: { id: string; title: string; about: string }[];
  chosen: string[];
  choose: (ids: string[] | null) => void;
  satisfied: number;
  setSatisfied: (ms: number) => void;
}) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const away = (event: Event) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [open]);
  const toggle = (id: string, on: boolean) =>
    props.choose(props.all.map((column) => column.id).filter((other) => (other === id ? on : props.chosen.includes(other))));
  return (
    <div class="chooser" ref={box} onKeyDown={(event) => {
      if (event.key === 'Escape' && open) {
        event.stopPropagation();
        setOpen(false);
        button.current?.focus();
      }
    }}>
      <button type="button" class="quiet" ref={button} aria-expanded={open} aria-controls="columns" onClick={() => setOpen(!open)}>Columns ▾</button>
      {open ? (
        <div id="columns" class="popup">
          <fieldset>
            <legend>Columns</legend>
            {props.all.map((column) => (
              <label key={column.id} title={column.about}>
                <input type="checkbox" checked={props.chosen.includes(column.id)} onChange={(event) => toggle(column.id, event.currentTarget.checked)} />
                {column.title}
              </label>
            ))}
          </fieldset>
          <label class="wide">Apdex: satisfied within <input type="number" min={1} max={3_600_000} value={props.satisfied} onInput={(event) => {
            const value = event.currentTarget.valueAsNumber;
            if (value > 0) props.setSatisfied(value);
          }} /> ms</label>
          <button type="button" onClick={() => props.choose(null)}>Standard columns</button>
        </div>
      ) : null}
    </div>
  );
}
