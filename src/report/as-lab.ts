import type { Observation, Passage, Sighting } from '../judge/observation.ts';
import { type Part, parts } from '../lab/part.ts';
import { type Header, isIp, ttlOf } from '../packet/index.ts';
import { lasting } from './lasting.ts';
import { quoted, seenText, throughText } from './notation.ts';

/** A packet's journey as it was seen. */
export interface Journey {
  /** The walk's name. */
  name: string;
  send: { from: string; command: string };
  /** Of each part in one true order. */
  observations: readonly Observation[];
  /** Whether an interface is a port of a bridge, where that is known. */
  isPort?: (at: string) => boolean;
  /** Why nothing left, in a sentence, where that is known. */
  why?: string;
}

/**
 * A packet's journey in the words of a lab, to be pasted among its walks: without what is drawn anew each time. All of it is a
 * comment where nothing was seen.
 */
export function asLab(journey: Journey): string {
  const { name, send, observations, why } = journey;
  const inPart = (part: Part) => observations.filter((each) => each.part === part && !isSilent(each));
  const sent = `send(${quoted(send.from)}, ${quoted(send.command)})`;
  if (!inPart('request').length)
    return comment([`${name}: nothing was seen to leave ${send.from}${why ? `: ${why}` : ''}`, sent]);
  return [
    `${quoted(name)}: {`,
    `  send: ${sent},`,
    ...parts.flatMap((part) => {
      const own = inPart(part);
      return own.length ? [`  ${part}: [`, ...own.map((each) => `    ${hopLine(each, own, journey)},`), '  ],'] : [];
    }),
    '},',
  ].join('\n');
}

const comment = (texts: string[]) =>
  texts
    .flatMap((text) => text.split(/\r?\n/))
    .map((line) => `// ${line}`)
    .join('\n');

/** A hook where no rule had a say: it need not be listed. */
const isSilent = (each: Observation): boolean =>
  each.kind === 'passage' && !each.chains.length && each.ending?.policy === true && each.ending.verdict === 'accept';

function hopLine(each: Observation, all: Observation[], { isPort }: Journey): string {
  if (each.kind === 'passage') return passageLine(each);
  const before = all.slice(0, all.indexOf(each)).findLast((other) => other.kind === 'sighting');
  const again = all.some((other) => other !== each && other.kind === 'sighting' && other.at === each.at);
  const at = again ? `${each.at} ${each.direction}` : each.at;
  const headers = lasting(each).flatMap(headerLine).join(', ');
  return `at(${quoted(at)}, ${quoted(because(each, before, isPort))}${headers && `, ${headers}`})`;
}

/** A header as a lab states it; of a frame its VLAN tag alone, where it has one, and of ports the one that lasts. */
function headerLine(header: Header): string[] {
  const { protocol, fields } = header;
  if (protocol === 'ether') return fields.vlan === undefined ? [] : [`ether({ vlan: ${fields.vlan} })`];
  return [seenText([header], protocol === 'udp' ? [{ protocol, fields: { src: true, dst: true } }] : [])];
}

const passageLine = (passage: Passage): string => {
  const { place, chains, ending } = passage;
  const way = throughText(passage, { chains, ...(ending && { ending }) });
  return `through(${quoted(place)}, ${quoted(way)}, 'It passes this hook')`;
};

/** What became of a packet since it was last seen, as far as its headers tell. */
function because(now: Sighting, before: Sighting | undefined, isPort: Journey['isPort']): string {
  if (!before) return 'It starts here';
  const wraps = ({ headers }: Sighting) => headers.filter(isIp).length;
  const ttl = ({ headers }: Sighting) => ttlOf(headers.findLast(isIp)?.fields);
  if (wraps(now) > wraps(before)) return 'It is wrapped';
  if (wraps(now) < wraps(before)) return 'It is unwrapped';
  if (ttl(now) < ttl(before)) return 'It is routed: one TTL is spent';
  if (isPort?.(now.at)) return now.direction === 'out' ? 'It leaves the bridge' : 'It enters the bridge';
  return now.direction === 'out' ? 'It leaves here' : 'It arrives here';
}
