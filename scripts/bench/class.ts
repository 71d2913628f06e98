import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import type { FromPage, PlayFacts, ToPage } from '../../src/page/class/messages.ts';
import { spread } from './numbers.ts';
import { memoryKb, processorMs } from './processes.ts';

const command = fileURLToPath(new URL('../../bin/packetwalk.js', import.meta.url));
const [ATTENDEES, CHECKS] = [20, 5];

/** Each attendee types so many lines, one after so long on average from when the one before was dealt with. */
const [LINES, THINKING_MS] = [6, 5000];

/** Holds a class of flannel-vxlan with attendees that are programs, and prints how long they wait and what memory it takes. */
export async function benchClass(words: string[]): Promise<void> {
  const attendees = Number(words[0] ?? ATTENDEES);
  if (!(attendees >= 1)) throw new Error(`class: how many attendees, and not ${words[0]}`);
  const began = performance.now();
  const child = spawn(process.execPath, [command, 'workshop', 'flannel-vxlan', '--class', String(attendees)]);
  try {
    const printed = await untilPrinted(child, 'labs stand');
    const readyMs = performance.now() - began;
    const link = new URL(/https?:\S+/.exec(printed)![0]);
    const all = await Promise.all(Array.from({ length: attendees }, (_, i) => attendee(link, `Attendee ${i + 1}`)));
    const rows = [
      ['labs stand after', spread([readyMs])],
      ['a shell after joining, all at once', spread(all.map(({ joinMs }) => joinMs))],
      ['a check, one after another', told(await inTurn(all, (each) => each.check()))],
      ['a line that changes something, one after another', told(await inTurn(all, (each) => each.line()))],
      ['a line, as people type', told((await Promise.all(all.map(asPeopleType))).flat())],
      ...(await measuredAtOnce('a check', child.pid!, all, (each) => each.check())),
      ...(await measuredAtOnce('a line that changes something', child.pid!, all, (each) => each.line())),
      ['memory (PSS) of all, in MB', String(Math.round(memoryKb(child.pid!) / 1024))],
    ];
    process.stdout.write(
      `| ${attendees} attendees | ms |\n| --- | --- |\n${rows.map((row) => `| ${row.join(' | ')} |\n`).join('')}`,
    );
    for (const { socket } of all) socket.terminate();
  } finally {
    child.kill('SIGINT');
    await once(child, 'exit');
  }
}

type Attendee = Awaited<ReturnType<typeof attendee>>;

async function inTurn(all: Attendee[], does: (each: Attendee) => Promise<number>): Promise<number[]> {
  const took: number[] = [];
  for (const each of all) took.push(await does(each));
  return took;
}

/** How long something takes that all do at once, and what it takes of processors, however busy those are with other things. */
async function measuredAtOnce(what: string, root: number, all: Attendee[], does: (each: Attendee) => Promise<number>) {
  const took: number[] = [];
  const before = processorMs(root);
  for (let i = 0; i < CHECKS; i++) took.push(...(await Promise.all(all.map(does))));
  const each = (processorMs(root) - before) / took.length;
  return [
    [`${what}, all at once`, told(took)],
    [`${what}, of processors`, each.toFixed(1)],
  ];
}

/** Lines, each after a pause of chance, as long as Poisson's: they come whenever they come. */
async function asPeopleType({ line }: Attendee): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < LINES; i++) {
    await setTimeout(-Math.log(1 - Math.random()) * THINKING_MS);
    took.push(await line());
  }
  return took;
}

const told = (ms: number[]): string => `${spread(ms)}, p95 ${Math.round(p95(ms))}`;

const p95 = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.ceil(numbers.length * 0.95) - 1]!;

function untilPrinted(child: ReturnType<typeof spawn>, text: string): Promise<string> {
  let printed = '';
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      printed += chunk;
      if (printed.includes(text)) resolve(printed);
    };
    child.stdout!.on('data', hear);
    child.stderr!.on('data', hear);
    child.once('exit', (code) => reject(new Error(`the class ended with ${code}: ${printed}`)));
  });
}

/** Joins, and measures from asking for a seat to the first prompt. */
async function attendee({ origin, host, hash }: URL, name: string) {
  const socket = new WebSocket(`ws://${host}/socket`, { headers: { origin } });
  await once(socket, 'open');
  const send = (message: FromPage) => socket.send(JSON.stringify(message));
  let look: (play: PlayFacts | undefined, printed: string) => void = () => {};
  socket.on('message', (bytes: Buffer, isBinary) => {
    if (isBinary) return look(undefined, bytes.subarray(1).toString());
    const message = JSON.parse(bytes.toString()) as ToPage;
    if (message.kind === 'play') look(message, '');
  });
  const until = (is: (play: PlayFacts | undefined, printed: string) => boolean) =>
    new Promise<number>((resolve) => {
      const began = performance.now();
      look = (play, printed) => is(play, printed) && resolve(performance.now() - began);
    });
  send({ kind: 'hello', token: hash.slice(1) });
  const shell = until((_, printed) => printed.includes('# '));
  send({ kind: 'join', name });
  const joinMs = await shell;
  const untilDealtWith = () => {
    let isBusy = false;
    return until((play) => {
      const wasBusy = isBusy;
      isBusy ||= play?.isBusy ?? false;
      return wasBusy && play?.isBusy === false;
    });
  };
  let isThere = false;
  return {
    socket,
    joinMs,
    check() {
      const over = untilDealtWith();
      send({ kind: 'say', words: ['check'] });
      return over;
    },
    /** Types a line that adds an address, or takes it away again. */
    line() {
      const over = untilDealtWith();
      socket.send(`\u0001ip addr ${isThere ? 'del' : 'add'} 10.99.0.1/32 dev lo\n`, { binary: true });
      isThere = !isThere;
      return over;
    },
  };
}
