import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';

/** What a terminal of the page tells. */
export interface Typist {
  type(id: number, keys: Uint8Array): void;
  resize(id: number, rows: number, columns: number): void;
  shown(id: number, bytes: number): void;
  /** The key that leaves a terminal was pressed. */
  leave(): void;
}

interface Screen {
  terminal: Terminal;
  fit: FitAddon;
  element: HTMLElement;
}

/** The key by which the keyboard gets out of a terminal, which wants all others for itself. */
export const LEAVING = 'F6';

/** What a program may ask of a terminal and does not get: titles, links, colours, the clipboard (xterm's ctlseqs, OSC). */
const swallowed = [0, 1, 2, 4, 8, 9, 10, 11, 12, 52, 777, 1337];

/** The terminals of the page, which live for as long as the server has them, be they shown or not. */
export class Screens {
  readonly #all = new Map<number, Screen>();
  readonly #typist: Typist | undefined;

  /** Without a typist, they only show what others type. */
  constructor(typist?: Typist) {
    this.#typist = typist;
  }

  write(id: number, bytes: Uint8Array): void {
    this.#screen(id).terminal.write(bytes, () => this.#typist?.shown(id, bytes.length));
  }

  /** The server is about to tell again what each has printed last. */
  begin(): void {
    for (const { terminal } of this.#all.values()) terminal.reset();
  }

  /** Forgets those that the server has not any more. */
  keep(ids: readonly number[]): void {
    for (const [id, { terminal, element }] of this.#all) {
      if (ids.includes(id)) continue;
      terminal.dispose();
      element.remove();
      this.#all.delete(id);
    }
  }

  /** Shows one in an element, and has it fill that. */
  show(id: number, within: HTMLElement): void {
    const { element } = this.#screen(id);
    within.replaceChildren(element);
    this.fit(id);
  }

  fit(id: number): void {
    if (this.#typist) this.#all.get(id)?.fit.fit();
  }

  /** Tells how large one is. */
  tellSize(id: number): void {
    const { rows, cols } = this.#screen(id).terminal;
    this.#typist?.resize(id, rows, cols);
  }

  /** Has one as large as the one that it shows. */
  size(id: number, rows: number, columns: number): void {
    this.#screen(id).terminal.resize(Math.max(columns, 2), Math.max(rows, 2));
  }

  focus(id: number): void {
    if (this.#typist) this.#all.get(id)?.terminal.focus();
  }

  #screen(id: number): Screen {
    const known = this.#all.get(id);
    if (known) return known;
    const terminal = new Terminal({
      fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace',
      fontSize: 14,
      scrollback: 5000,
      disableStdin: !this.#typist,
      minimumContrastRatio: 4.5,
      theme: { background: '#14171c', foreground: '#e7eaee' },
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    for (const code of swallowed) terminal.parser.registerOscHandler(code, () => true);
    if (this.#typist) this.#listen(id, terminal, this.#typist);
    else terminal.attachCustomKeyEventHandler(() => false);
    const element = document.createElement('div');
    element.className = 'screen';
    terminal.open(element);
    const screen = { terminal, fit, element };
    this.#all.set(id, screen);
    return screen;
  }

  #listen(id: number, terminal: Terminal, typist: Typist): void {
    terminal.attachCustomKeyEventHandler((event) => {
      if (event.key !== LEAVING) return true;
      if (event.type === 'keydown') typist.leave();
      return false;
    });
    const encoder = new TextEncoder();
    terminal.onData((keys) => typist.type(id, encoder.encode(keys)));
    terminal.onBinary((keys) =>
      typist.type(
        id,
        Uint8Array.from(keys, (each) => each.charCodeAt(0)),
      ),
    );
    terminal.onResize(({ rows, cols }) => typist.resize(id, rows, cols));
  }
}
