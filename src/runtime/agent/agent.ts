import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Edition, editionParts } from '../editions.ts';
import type {
  Capture,
  Echo,
  Flow,
  Frame,
  KernelDrop,
  RunOptions,
  Terminal,
  TerminalOptions,
  Trace,
} from '../runtime.ts';
import { filterOf } from './filter.ts';
import { flowBytes } from './flow.ts';
import { type HeldEnds, heldEnds } from './held-ends.ts';
import { type Interface, interfaces } from './netlink.ts';
import { terminals } from './terminals.ts';
import { counted, dropsOf, files, framesOf, message, words } from './wire-format.ts';

/** What an agent learns when it is asked whether places are still as they were. */
const editionsFile = fileURLToPath(new URL('./editions.pl', import.meta.url));

/** What an agent learns when the packets that a kernel drops are asked for. */
export const dropsFile = fileURLToPath(new URL('./drops.pl', import.meta.url));

/**
 * The version of the messages between this process and an agent; the agent's program has the same number. A lab that stands
 * is entered by a new agent, whose program is sent to it, so that the two differ only where an installation is mixed.
 */
const VERSION = 4;

/** Commands to run one after another, each with what it reads from standard input. */
export interface Group {
  argv: string[];
  stdin?: string;
}

export interface GroupsRan {
  /** Index of the group that ended the run: the one that failed, or the last. */
  group: number;
  code: number;
  stdout: string;
  stderr: string;
}

export interface Agent {
  /** Sends a request and waits for its answer; rejects with the agent's own sentence when it failed. */
  ask(op: string, ...words: (string | Buffer)[]): Promise<Buffer[]>;
  /** Runs commands in order until one fails. */
  run(place: string, groups: Group[], options?: RunOptions): Promise<GroupsRan>;
  /** The interfaces of each place. */
  interfaces(places: string[]): Promise<Interface[][]>;
  listen(places: string[], bufferBytes: number): Promise<Pick<Capture, 'trace' | 'ignore' | 'drain'>>;
  probe(place: string, echoes: Echo[]): Promise<string[]>;
  heard(place: string): Promise<Buffer[]>;
  /** The number by which a place's namespace knows that of each other place; -1 where it has none. */
  netnsIds(place: string, others: string[]): Promise<number[]>;
  /** The devices of each place that have a tentative IPv6 address. */
  tentative(places: string[]): Promise<string[][]>;
  /** Of each place, the files that match one of some patterns, with what they contain. */
  read(places: string[], patterns: string[]): Promise<Map<string, string>[]>;
  /** The edition of each place: see Runtime. */
  editions(
    places: readonly (readonly [place: string, pidFiles: readonly string[]])[],
    files: readonly string[],
  ): Promise<Edition[]>;
  forget(places: string[], flows: Flow[]): Promise<void>;
  /** Notes in these places too which packets the kernel drops from now on; says why it cannot, if so. */
  watchDrops(places: string[]): Promise<string | undefined>;
  kernelDrops(): Promise<KernelDrop[]>;
  backlog(): Promise<number>;
  terminal(place: string, argv: string[], options: TerminalOptions): Promise<Terminal>;
  /** Its ends of cables that lead to other machines. */
  ends: HeldEnds;
  /** Rejects when the agent ends, with its last words; never resolves. */
  lost: Promise<never>;
}

/** What is kept between two drains; frames beyond count as dropped. */
const MOST_FRAMES = 1 << 17;

/**
 * Speaks to an agent over its standard streams; `on` is what messages call the machine where it runs. An agent that speaks
 * another version of the messages, or none, answers nothing: every question to it rejects.
 */
export function connect(input: Writable, output: Readable, on: string): Agent & { end(error: Error): void } {
  const waiting = new Map<string, { resolve(words: Buffer[]): void; reject(error: Error): void }>();
  let next = 0;
  let heard: ((records: Buffer) => void) | undefined;
  let fail: (error: Error) => void;
  const lost = new Promise<never>((_, reject) => {
    fail = reject;
  });
  lost.catch(() => {});
  let ended: Error | undefined;
  let greeted = false;
  let learnt: Promise<unknown> | undefined;
  let learntEditions: Promise<unknown> | undefined;

  const end = (error: Error) => {
    ended ??= error;
    fail(ended);
    opened.end();
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };

  const greet = (kind: string, version: string) => {
    greeted = true;
    if (kind === 'speaks' && version === String(VERSION)) return;
    const theirs = kind === 'speaks' ? `version ${version}` : 'no version';
    end(new Error(`the agent on ${on} speaks ${theirs}, this packetwalk ${VERSION}: take the lab down and up again`));
  };

  const receive = ([kind, id, ...words]: Buffer[]) => {
    if (!greeted) return greet(String(kind), String(id));
    if (kind!.toString() === 'frames') return heard?.(id!);
    if (opened.receive(kind!.toString(), id!.toString(), words)) return;
    if (ends.receive(kind!.toString(), id!.toString(), words)) return;
    const asked = waiting.get(id!.toString());
    if (!asked) return;
    waiting.delete(id!.toString());
    if (kind!.toString() === 'failed') asked.reject(new Error(words[0]!.toString()));
    else asked.resolve(words);
  };

  let chunks: Buffer[] = [];
  let needed = 4;
  output.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (chunks.reduce((sum, { length }) => sum + length, 0) < needed) return;
    let bytes = Buffer.concat(chunks);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE(0)) {
      const end = 4 + bytes.readUInt32BE(0);
      receive(words(bytes.subarray(4, end)));
      bytes = bytes.subarray(end);
    }
    chunks = [bytes];
    needed = bytes.length >= 4 ? 4 + bytes.readUInt32BE(0) : 4;
  });
  input.on('error', () => {});

  /** What is asked at the same time goes to the agent at once: each time that it is woken costs both of us. */
  const write = (bytes: Buffer) => {
    input.cork();
    input.write(bytes);
    process.nextTick(() => input.uncork());
  };

  const ask: Agent['ask'] = (op, ...rest) => {
    if (ended) return Promise.reject(ended);
    const id = String(next++);
    write(message([op, id, ...rest]));
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  };

  const opened = terminals(ask, (op, ...rest) => {
    const id = String(next);
    return { id, answer: ask(op, ...rest) };
  });

  const ends = heldEnds(ask, input, (op, ...rest) => void (ended ?? write(message([op, '', ...rest]))));

  return {
    ask,
    lost,
    end,
    terminal: opened.open,
    ends,
    async run(place, groups, { timeoutMs, signal } = {}) {
      const id = String(next);
      const answer = ask('run', place, ...groups.flatMap(({ argv, stdin = '' }) => [argv.join('\0'), stdin]));
      const send = (name: string) => input.write(message(['signal', id, name]));
      const interrupt = () => send('INT');
      const timer = timeoutMs ? setTimeout(() => send('KILL'), timeoutMs) : undefined;
      signal?.addEventListener('abort', interrupt);
      if (signal?.aborted) interrupt();
      const ran = answer.finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', interrupt);
      });
      const [group, code, stdout, stderr] = (await ran).map(String);
      return { group: Number(group), code: Number(code), stdout: stdout!, stderr: stderr! };
    },
    interfaces: async (places) => (await ask('links', ...places)).map(interfaces),
    async probe(place, echoes) {
      const words = echoes.flatMap(({ address, data }) => [address, data]);
      return (await ask('probe', place, ...words)).map(String);
    },
    heard: (place) => ask('heard', place),
    netnsIds: async (place, others) => (await ask('netnsids', place, ...others)).map(Number),
    tentative: async (places) =>
      (await ask('tentative', ...places)).map((names) => String(names).split('\0').filter(Boolean)),
    read: async (places, patterns) => (await ask('read', patterns.join('\0'), ...places)).map(files),
    async editions(places, files) {
      learntEditions ??= ask('learn', readFileSync(editionsFile));
      await learntEditions;
      const words = places.flatMap(([place, pidFiles]) => [place, pidFiles.join('\0')]);
      return (await ask('editions', files.join('\0'), ...words)).map((told) => {
        const numbers = String(told).split(' ').map(Number);
        return Object.fromEntries(editionParts.map((part, i) => [part, numbers[i]!])) as Edition;
      });
    },
    async forget(places, flows) {
      await ask('forget', Buffer.concat(flows.map(flowBytes).map(counted)), ...places);
    },
    async watchDrops(places) {
      learnt ??= ask('learn', readFileSync(dropsFile));
      await learnt;
      return String((await ask('drops', ...places))[0]) || undefined;
    },
    kernelDrops: async () => (learnt ? dropsOf(await ask('dropped')) : []),
    backlog: async () => Number((await ask('backlog'))[0]),
    async listen(places, bufferBytes) {
      if (heard) throw new Error('it listens already');
      const frames: Frame[] = [];
      const traces: Trace[] = [];
      const passed = new Map<string, number>();
      heard = (records) => {
        for (const frame of framesOf(records, places))
          if ('message' in frame) traces.push(frame);
          else if (frames.length < MOST_FRAMES) frames.push(frame);
          else passed.set(frame.place, (passed.get(frame.place) ?? 0) + 1);
      };
      let before = places.map(() => 0);
      await ask('listen', String(bufferBytes), ...places);
      return {
        async trace(some) {
          if (some.length) await ask('trace', ...some);
        },
        async ignore(ignored) {
          await ask('filter', ignored ? filterOf(ignored) : '');
        },
        async drain() {
          const total = (await ask('drain')).map(Number);
          const drops = Object.fromEntries(
            places.map((place, i) => [place, total[i]! - before[i]! + (passed.get(place) ?? 0)]),
          );
          before = total;
          passed.clear();
          return { frames: frames.splice(0), traces: traces.splice(0), drops };
        },
      };
    },
  };
}
