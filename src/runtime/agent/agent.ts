import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Machine, Program } from '../machine/machine.ts';
import type { Capture, Echo, Flow, Frame, RunOptions, Trace } from '../runtime.ts';
import { flowBytes } from './flow.ts';
import { type Interface, interfaces } from './netlink.ts';
import { counted, framesOf, message, words } from './wire-format.ts';

/** The agent's program: see the head of the file for its messages. */
export const agentFile = fileURLToPath(new URL('./agent.pl', import.meta.url));

/**
 * The version of the messages between this process and an agent; the agent's program has the same number. A lab that stands
 * is entered by a new agent, whose program is sent to it, so that the two differ only where an installation is mixed.
 */
const VERSION = 2;

/** Reads so many bytes of a program from standard input and becomes it, so that a machine needs no file of ours. */
const loader =
  'my($n,$p)=(shift,"");while(length $p<$n){sysread(STDIN,$p,$n-length $p,length $p)||exit}eval $p;die $@ if $@';

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
  listen(places: string[], bufferBytes: number, traced?: string[]): Promise<Capture>;
  probe(place: string, echoes: Echo[]): Promise<string[]>;
  heard(place: string): Promise<Buffer[]>;
  /** The number by which a place's namespace knows that of each other place; -1 where it has none. */
  netnsIds(place: string, others: string[]): Promise<number[]>;
  /** The devices of each place that have a tentative IPv6 address. */
  tentative(places: string[]): Promise<string[][]>;
  forget(places: string[], flows: Flow[]): Promise<void>;
  backlog(): Promise<number>;
  /** Rejects when the agent ends, with its last words; never resolves. */
  lost: Promise<never>;
}

/** An agent and the program that it is. */
export interface RunningAgent extends Agent {
  /** Resolves once it has ended. */
  ended: Promise<void>;
  /** Ends it, and with it the sandbox that it is the first process of. */
  close(): Promise<void>;
  /** Lets go of it, so that this process may end before it. */
  leave(): void;
}

/** What an agent's machine is asked to start: the words of the program, and what it is to read first. */
export function agentWords(name: string): { argv: string[]; program: Buffer } {
  const program = readFileSync(agentFile);
  return { argv: ['perl', '-e', loader, String(program.length), name], program };
}

/** Starts an agent on a machine, inside whatever the words before it make. */
export async function startAgent(machine: Machine, before: string[], name: string): Promise<RunningAgent> {
  const { argv, program } = agentWords(name);
  return takeAgent(machine.name, await machine.start([...before, ...argv]), program);
}

/** Speaks to a program that is an agent, or becomes one when it has read its own text. */
export function takeAgent(on: string, program: Program, text: Buffer): RunningAgent {
  program.stdin.on('error', () => {});
  program.stdin.write(text);
  const agent = connect(program.stdin, program.stdout, on);
  let said = '';
  program.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-4096);
  });
  const ended = program.ended.then((how) =>
    agent.end(new Error(`the agent on ${on} ended (${how})${said && `: ${said.trim()}`}`)),
  );
  return {
    ...agent,
    ended,
    async close() {
      program.stdin.end();
      await ended;
    },
    leave: () => program.leave(),
  };
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

  const end = (error: Error) => {
    ended ??= error;
    fail(ended);
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

  const ask: Agent['ask'] = (op, ...rest) => {
    if (ended) return Promise.reject(ended);
    const id = String(next++);
    input.write(message([op, id, ...rest]));
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  };

  return {
    ask,
    lost,
    end,
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
    async forget(places, flows) {
      await ask('forget', Buffer.concat(flows.map(flowBytes).map(counted)), ...places);
    },
    backlog: async () => Number((await ask('backlog'))[0]),
    async listen(places, bufferBytes, traced = []) {
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
      if (traced.length) await ask('trace', ...traced);
      return {
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
