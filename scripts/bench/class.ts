import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import type { FromPage, PlayFacts, ToPage } from '../../src/page/class/messages.ts';
import { spread } from './numbers.ts';

const command = fileURLToPath(new URL('../../bin/packetwalk.js', import.meta.url));
const [ATTENDEES, CHECKS] = [20, 5];

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
    const inTurn: number[] = [];
    for (const each of all) inTurn.push(await each.check());
    const atOnce: number[] = [];
    for (let i = 0; i < CHECKS; i++) atOnce.push(...(await Promise.all(all.map((each) => each.check()))));
    const rows = [
      ['labs stand after', spread([readyMs])],
      ['a shell after joining, all at once', spread(all.map(({ joinMs }) => joinMs))],
      ['a check, one after another', `${spread(inTurn)}, p95 ${Math.round(p95(inTurn))}`],
      ['a check, all at once', `${spread(atOnce)}, p95 ${Math.round(p95(atOnce))}`],
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
  return {
    socket,
    joinMs,
    check() {
      let isBusy = false;
      const over = until((play) => {
        const wasBusy = isBusy;
        isBusy ||= play?.isBusy ?? false;
        return wasBusy && play?.isBusy === false;
      });
      send({ kind: 'say', words: ['check'] });
      return over;
    },
  };
}

/** What a process and all that came from it takes, what they share counted once. */
function memoryKb(root: number): number {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [Number(pid), Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1])] as const),
  );
  const isOurs = (pid: number | undefined): boolean => pid !== undefined && (pid === root || isOurs(parents.get(pid)));
  return [...parents.keys()]
    .filter(isOurs)
    .reduce((sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0), 0);
}

/** A file of a process, empty where that has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
