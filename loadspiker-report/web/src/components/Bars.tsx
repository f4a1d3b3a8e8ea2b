// Shares of a whole as bars with their figures: statuses, phases.
import type { Colour } from '../charts/colours';

export interface Bar {
  name: string;
  share: number;
  text: string;
  colour: Colour;
  dashed?: boolean;
}

export function Bars(props: { label: string; bars: Bar[] }) {
  return (
    <ul class="bars" aria-label={props.label}>
      {props.bars.map((bar) => (
        <li key={bar.name}>
          <span class="name">{bar.name}</span>
          <svg class="bar" width="100%" height="8" aria-hidden="true">
            <rect class="rail" width="100%" height="8" rx="2" />
            <rect class={`f-${bar.colour}`} width={`${Math.max(bar.share * 100, bar.share > 0 ? 0.6 : 0)}%`} height="8" rx="2" />
          </svg>
          <span class="value">{bar.text}</span>
        </li>
      ))}
    </ul>
  );
}
