import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Machine, Program } from '../machine/machine.ts';
import type { Capture, Echo, Frame, Trace } from '../runtime.ts';
import { type Interface, interfaces } from './netlink.ts';

/** The agent's program: see the head of the file for its messages. */
export const agentFile = fileURLToPath(new URL('./agent.pl', import.meta.url));

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
  run(place: string, groups: Group[], timeoutMs?: number): Promise<GroupsRan>;
  /** The interfaces of each place. */
  interfaces(places: string[]): Promise<Interface[][]>;
  listen(places: string[], bufferBytes: number, traced?: string[]): Promise<Capture>;
  probe(place: string, echoes: Echo[]): Promise<string[]>;
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
  const agent = connect(program.stdin, program.stdout);
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

const directions = ['in', 'in', 'in', 'overheard', 'out'] as const;

/** Speaks to an agent over its standard streams, wherever it runs. */
export function connect(input: Writable, output: Readable): Agent & { end(error: Error): void } {
  const waiting = new Map<string, { resolve(words: Buffer[]): void; reject(error: Error): void }>();
  let next = 0;
  let heard: ((records: Buffer) => void) | undefined;
  let fail: (error: Error) => void;
  const lost = new Promise<never>((_, reject) => {
    fail = reject;
  });
  lost.catch(() => {});
  let ended: Error | undefined;

  const receive = ([kind, id, ...words]: Buffer[]) => {
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
    end(error) {
      ended = error;
      fail(error);
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
    async run(place, groups, timeoutMs) {
      const id = String(next);
      const answer = ask('run', place, ...groups.flatMap(({ argv, stdin = '' }) => [argv.join('\0'), stdin]));
      const timer = timeoutMs ? setTimeout(() => input.write(message(['signal', id, 'KILL'])), timeoutMs) : undefined;
      const [group, code, stdout, stderr] = (await answer.finally(() => clearTimeout(timer))).map(String);
      return { group: Number(group), code: Number(code), stdout: stdout!, stderr: stderr! };
    },
    interfaces: async (places) => (await ask('links', ...places)).map(interfaces),
    async probe(place, echoes) {
      const words = echoes.flatMap(({ address, data }) => [address, data]);
      return (await ask('probe', place, ...words)).map(String);
    },
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

function message(words: (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [];
  for (const word of words) {
    const bytes = typeof word === 'string' ? Buffer.from(word) : word;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  const total = Buffer.alloc(4);
  total.writeUInt32BE(parts.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([total, ...parts]);
}

function words(bytes: Buffer): Buffer[] {
  const list: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    list.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return list;
}

const TRACE = 255;

function* framesOf(records: Buffer, places: string[]): Generator<Frame | Trace> {
  for (let at = 0; at < records.length; ) {
    const length = records.readUInt32BE(at + 17);
    const place = places[records.readUInt16BE(at)]!;
    if (records[at + 6] === TRACE) yield { place, message: records.subarray(at + 21, at + 21 + length) };
    else
      yield {
        place,
        ifindex: records.readUInt32BE(at + 2),
        direction: directions[records[at + 6]!] ?? 'in',
        hardwareType: records.readUInt16BE(at + 7),
        time: BigInt(records.readUInt32BE(at + 9)) * 1_000_000_000n + BigInt(records.readUInt32BE(at + 13)),
        bytes: records.subarray(at + 21, at + 21 + length),
      };
    at += 21 + length;
  }
}
