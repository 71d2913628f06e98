import type { ComponentChildren } from 'preact';
import { signOf } from './words.ts';

/** A verdict as a sign and a word. */
export const Verdict = ({ of, bare }: { of: string; bare?: boolean }) => {
  const { sign, tone } = signOf(of);
  return (
    <span class={`verdict ${tone}`}>
      <span aria-hidden="true">{sign}</span> <span class={bare ? 'unseen' : ''}>{of}</span>
    </span>
  );
};

/** A command as it is typed at a place. */
export const Command = ({ place, line }: { place: string; line: string }) => (
  <code class="command">
    <span class="place">{place}#</span> {line}
  </code>
);

/** What may be wider or longer than its place: it is scrolled, by the keyboard as well. */
export const Scroll = ({
  label,
  is = 'scroll',
  children,
}: {
  label: string;
  is?: string;
  children: ComponentChildren;
}) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
  <section class={is} tabIndex={0} aria-label={label}>
    {children}
  </section>
);

/** What a command printed. */
export const Output = ({ text, label }: { text: string; label: string }) => (
  <Scroll label={label} is="output">
    <pre>{text.trim() ? text.replace(/\s+$/, '') : '(nothing)'}</pre>
  </Scroll>
);

/** A command at a place, with what it printed. */
export const Asked = ({ place, command, output }: { place: string; command: string; output: string }) => (
  <div class="asked">
    <Command place={place} line={command} />
    <Output text={output} label={`what ${command.slice(0, 60)} printed on ${place}`} />
  </div>
);

/** A part of a page that can be closed. */
export const Folded = ({
  title,
  open,
  children,
}: {
  title: ComponentChildren;
  open?: boolean;
  children: ComponentChildren;
}) => (
  <details open={open ?? false}>
    <summary>{title}</summary>
    {children}
  </details>
);
