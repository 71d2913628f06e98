import type { OwnWalk } from '../judge/own-walk.ts';
import { watched } from '../lab/read.ts';
import { hint } from '../plan/nearest.ts';
import { unfollowable } from '../plan/ping.ts';
import type { Plan } from '../plan/plan.ts';
import { type Kind, portOf, sendingLine } from '../plan/sending.ts';
import { BadUsage, exitCodes } from '../plan/usage.ts';
import { destination } from '../prove/destination.ts';
import { hookedAmong, silentText, walkOwn } from '../prove/own-walk.ts';
import { live } from '../prove/run.ts';
import { statesThen } from '../record/baseline.ts';
import type { StandingLab } from '../record/standing.ts';
import { asLab } from '../report/as-lab.ts';
import { ownWalkLines } from '../report/terminal/own-walk.ts';
import type { ViewOptions } from '../report/views.ts';
import type { Runtime } from '../runtime/index.ts';
import { say, sayJson, shellWord, typed } from './output.ts';

export interface OwnWalkOptions extends ViewOptions {
  why?: boolean;
  tcp?: string;
  udp?: string;
  asLab?: boolean;
}

/** What is to be sent from a place: a packet of some kind to somewhere, or what a command sends. */
export type Asked = { from: string } & ({ to: string; kind: Kind } | { command: string });

/** Whether some words after a lab's name ask for a walk of one's own: FROM and TO, or FROM and a command; a title does not. */
export function isOwnWalk(plan: Plan, words: string[], behindDashes: number): boolean {
  if (behindDashes) return true;
  const places = placesOf(plan);
  const isTitle = words.length > 2 && plan.walks.some(({ name }) => name.includes(words.join(' ')));
  return words.length > 1 && !isTitle && words.slice(0, 2).some((word) => places.includes(word));
}

const placesOf = ({ nodes, pods }: Plan) => [...nodes, ...pods].map(({ name }) => name);

/** Reads what was typed after a lab's name; of the words, the last `behindDashes` stood behind `--`. */
export function askedOf(plan: Plan, words: string[], behindDashes: number, options: OwnWalkOptions): Asked {
  const [from = '', ...rest] = words;
  const eyes = watched(plan);
  if (!eyes.includes(from))
    throw new BadUsage(
      placesOf(plan).includes(from)
        ? `${from} is a switch: nothing is sent from there`
        : `there is no node or pod ${from}. ${hint(from, eyes)}`,
    );
  refuseOthers(options);
  const isCommand = behindDashes > 0 || (rest.length === 1 && /\s/.test(rest[0]!.trim()));
  if (!isCommand) {
    if (rest.length > 1) throw new BadUsage(...manyWords(plan, words));
    return { from, to: rest[0]!, kind: kindOf(options) };
  }
  if (behindDashes < rest.length && behindDashes > 0)
    throw new BadUsage('either TO or a command behind `--`: it says itself where it sends to');
  if (options.tcp || options.udp) throw new BadUsage('--tcp and --udp go with TO; a command says itself what it sends');
  const command = rest.length === 1 ? rest[0]! : rest.map(shellWord).join(' ');
  const problem = unfollowable(command);
  if (problem) throw new BadUsage(problem);
  return { from, command };
}

function refuseOthers({ json, asLab, junit, markdown, html, report, why }: OwnWalkOptions): void {
  if (json && asLab) throw new BadUsage('--json or --as-lab: what --json prints has the lab’s words in `walk`');
  const others = Object.entries({
    '--junit': junit,
    '--markdown': markdown,
    '--html': html,
    '--report': report,
    '--why': why,
  }).filter(([, value]) => value);
  if (others[0]) throw new BadUsage(`${others[0][0]} is for the walks that the lab lists`);
}

const manyWords = (plan: Plan, [from = '', ...rest]: string[]): string[] => [
  `'${rest.join(' ')}' is more than one place or address.`,
  `A command of your own goes behind --: ${typed('walk', plan.name, from, '--', ...rest)}`,
];

function kindOf({ tcp, udp }: OwnWalkOptions): Kind {
  if (tcp !== undefined && udp !== undefined) throw new BadUsage('--tcp or --udp: one packet is sent');
  if (tcp !== undefined) return { protocol: 'tcp', port: portOf(tcp) };
  if (udp !== undefined) return { protocol: 'udp', port: portOf(udp) };
  return { protocol: 'icmp' };
}

/** Sends a packet of one's own in a standing lab, and tells its path, how it ended and why. */
export async function ownWalk(
  lab: StandingLab,
  plan: Plan,
  runtime: Runtime,
  asked: Asked,
  options: OwnWalkOptions,
): Promise<number> {
  // What is to be pasted into a lab says as little as its other walks do.
  const { hooked, silent } = options.asLab ? { hooked: [], silent: [] } : await hookedAmong(runtime, watched(plan));
  const eyes = await live(plan, runtime);
  const { from } = asked;
  const { address = null, sharedWith = [] } = 'to' in asked ? await destination(eyes, asked.to) : {};
  const hasBash = async () => (await runtime.script(from, 'command -v bash', { timeoutMs: 5000 })).code === 0;
  const command = 'to' in asked ? sendingLine(asked.kind, address!, await hasBash()) : asked.command;
  const { walk, observations } = await walkOwn(eyes, { from, command }, hooked, statesThen(lab));
  const to = 'to' in asked ? asked.to : null;
  walk.notes.push(...silent.map(silentText));
  if (sharedWith.length)
    walk.notes.push(`${address} is ${sharedWith.join(' and ')}’s address, too: its way decides which of them gets it`);
  const notation = asLab({
    name: to
      ? `${from} ${'kind' in asked && asked.kind.protocol === 'icmp' ? 'pings' : 'calls'} ${to}`
      : `${from}: ${command}`,
    send: walk.send,
    observations: observations.filter(({ kind }) => kind === 'sighting'),
    isPort: eyes.watch.wires().isPort,
    ...(whyNothing(walk) && { why: whyNothing(walk)! }),
  });
  if (options.json)
    sayJson({ lab: lab.name, from, to, address, answered: walk.command.answered, ...walk, walk: notation });
  else if (options.asLab) say(notation);
  else say(...ownWalkLines(walk, to, Math.min(process.stdout.columns || 80, 200)));
  return exitCodes[walk.verdict];
}

const whyNothing = ({ said, evidence }: OwnWalk): string | undefined => evidence[0] ?? said[0];
