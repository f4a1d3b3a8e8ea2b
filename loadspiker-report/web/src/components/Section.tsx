// A part of the page with a heading that can be linked to.
import type { ComponentChildren } from 'preact';

export function Section(props: { id: string; title: string; note?: ComponentChildren; tools?: ComponentChildren; children: ComponentChildren; class?: string }) {
  return (
    <section id={props.id} class={`section ${props.class ?? ''}`} aria-labelledby={`${props.id}-title`}>
      <header>
        <h2 id={`${props.id}-title`}>{props.title}</h2>
        {props.note ? <p class="note">{props.note}</p> : null}
        {props.tools ? <div class="tools">{props.tools}</div> : null}
      </header>
      {props.children}
    </section>
  );
}
