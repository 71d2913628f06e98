import type { TerminalFacts } from '../page/live/messages.ts';
import { BadUsage } from '../plan/usage.ts';
import type { Runtime } from '../runtime/index.ts';
import type { Terminal } from '../runtime/runtime.ts';
import type { Limits } from './limits.ts';
import { type Spread, spread } from './spread.ts';

/** A page that shows terminals. */
export interface Viewer {
  said(id: number, bytes: Buffer): void;
  changed(list: TerminalFacts[]): void;
}

/** The terminals of a lab; each is shown by every page that has the right to. */
export interface Terminals {
  open(place: string, rows: number, columns: number): Promise<void>;
  /** What is asked of a terminal that there is not any more is for nobody. */
  type(id: number, keys: Buffer): void;
  resize(id: number, rows: number, columns: number): void;
  close(id: number): void;
  /** Shows a page all terminals, and what each has printed last; returns what ends that. */
  attach(viewer: Viewer): () => void;
  /** A page has shown so many more bytes. */
  acked(viewer: Viewer, id: number, bytes: number): void;
  /** Closes all. */
  end(): void;
}

interface Open extends TerminalFacts {
  terminal: Terminal;
  shown: Spread<Viewer>;
  idle: NodeJS.Timeout;
}

/** The server alone says what runs: a shell that keeps no history. What bash has as `ulimit -u` is dash's `ulimit -p`. */
const shellOf = (processes: number) => [
  'sh',
  '-c',
  `ulimit -u ${processes} 2>/dev/null || ulimit -p ${processes}; command -v bash >/dev/null && exec bash --noprofile --norc -i; exec sh -i`,
];

/** Lends terminals at some places of a lab. */
export function terminals(runtime: Runtime, places: readonly string[], limits: Limits): Terminals {
  const all = new Map<number, Open>();
  const viewers = new Set<Viewer>();
  let opening = 0;

  const list = () => [...all.values()].map(({ id, place }) => ({ id, place }));
  const changed = () => {
    for (const viewer of viewers) viewer.changed(list());
  };
  const freeId = () => {
    for (let id = 1; ; id++) if (!all.has(id)) return id;
  };
  const closeLater = (id: number) => setTimeout(() => all.get(id)?.terminal.hangUp(), limits.idleMs).unref();

  return {
    async open(place, rows, columns) {
      if (!places.includes(place))
        throw new BadUsage(`No terminal can be opened at ${place}: it is no node or pod here.`);
      if (!runtime.terminal) throw new BadUsage(`${runtime.name} has no terminal to lend.`);
      if (all.size + opening >= limits.terminals)
        throw new BadUsage(`${limits.terminals} terminals are open, which is as many as may be: close one first.`);
      opening++;
      let open: Open | undefined;
      const early: Buffer[] = [];
      const env = { PS1: `${place}# `, TERM: 'xterm-256color', HISTFILE: '', ENV: '' };
      try {
        const terminal = await runtime.terminal(place, shellOf(limits.processes), {
          ...{ rows, columns, env },
          said: (bytes) => (open ? open.shown.said(bytes) : early.push(bytes)),
        });
        const id = freeId();
        const tell = (viewer: Viewer, bytes: Buffer) => viewer.said(id, bytes);
        open = { id, place, terminal, shown: spread(limits, tell, terminal.hold), idle: closeLater(id) };
      } finally {
        opening--;
      }
      const { id, terminal, shown } = open;
      all.set(id, open);
      changed();
      for (const viewer of viewers) shown.show(viewer);
      for (const bytes of early) shown.said(bytes);
      void terminal.ended.then(() => {
        clearTimeout(all.get(id)?.idle);
        all.delete(id);
        changed();
      });
    },
    type(id, keys) {
      const open = all.get(id);
      if (!open) return;
      clearTimeout(open.idle);
      open.idle = closeLater(id);
      open.terminal.type(keys);
    },
    resize: (id, rows, columns) => all.get(id)?.terminal.resize(rows, columns),
    close: (id) => all.get(id)?.terminal.hangUp(),
    attach(viewer) {
      viewers.add(viewer);
      viewer.changed(list());
      for (const { shown } of all.values()) shown.show(viewer);
      return () => {
        viewers.delete(viewer);
        for (const { shown } of all.values()) shown.hide(viewer);
      };
    },
    acked: (viewer, id, bytes) => all.get(id)?.shown.acked(viewer, bytes),
    end() {
      for (const { terminal } of all.values()) terminal.hangUp();
    },
  };
}
