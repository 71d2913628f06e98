import type { Sighting, Wires } from '../judge/observation.ts';
import type { Sent } from '../observe/sent.ts';
import { wrappingOf } from './tunnel.ts';

/** What else was captured while a packet was on its way that tells why it was lost, in sentences. */
export function evidence(sent: Sent, wires: Pick<Wires, 'isPort'>): string[] {
  const sightings = sent.observations.flatMap((each) => (each.kind === 'sighting' ? [each] : []));
  return [...new Set([...unanswered(sent, sightings, wires), ...errors(sent, sightings), ...said(sent.ran)])];
}

/** ARP requests, put out where the packet was last seen, that nobody answered; what a tunnel wraps was put out by its device. */
function unanswered({ send, seen }: Sent, sightings: Sighting[], { isPort }: Pick<Wires, 'isPort'>): string[] {
  const late = sightings.reduce((a, b) => (b.time >= a.time ? b : a), sightings[0]!);
  const arp = seen.flatMap(({ at, place, direction, packet }) => {
    const { headers } = packet();
    const fields = wrappingOf(headers) ? undefined : headers.find(({ protocol }) => protocol === 'arp')?.fields;
    return fields && !isPort(at) && place === (late?.place ?? send.from) ? [{ at, direction, fields }] : [];
  });
  const answered = new Set(arp.flatMap(({ at, fields }) => (fields.op === 'reply' ? [`${at} ${fields.spa}`] : [])));
  return arp
    .filter(({ at, direction, fields }) => {
      return fields.op === 'request' && direction === 'out' && !answered.has(`${at} ${fields.tpa}`);
    })
    .map(({ at, fields }) => `${at} asked by ARP who has ${fields.tpa}; nobody answered`);
}

/** ICMP errors about the packet, in any of its wrappings; each where it was first put out. */
function errors({ seen }: Sent, sightings: Sighting[]): string[] {
  const own = new Set(
    sightings.flatMap(({ headers }) =>
      headers.filter(({ protocol }) => protocol === 'ip').map(({ fields }) => `${fields.src} ${fields.dst}`),
    ),
  );
  const told = seen.flatMap((frame) => {
    const { quoted, headers } = frame.packet();
    const about = quoted?.find(({ protocol }) => protocol === 'ip')?.fields;
    if (frame.direction !== 'out' || !about || !own.has(`${about.src} ${about.dst}`)) return [];
    const ip = headers.findLast(({ protocol }) => protocol === 'ip')?.fields;
    const icmp = headers.at(-1)?.fields;
    const why = `${icmp?.type}, code ${icmp?.code}${icmp?.mtu ? `, mtu ${icmp.mtu}` : ''}`;
    return [{ at: frame.at, says: `${ip?.src} tells ${ip?.dst} by ICMP: ${why}, about its packet to ${about.dst}` }];
  });
  const first = told.filter(({ says }, i) => told.findIndex((other) => other.says === says) === i);
  return first.map(({ at, says }) => `${at}: ${says}`);
}

const said = ({ stdout, stderr }: Sent['ran']) =>
  `${stdout}\n${stderr}`
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(ping: |From )/.test(line))
    .map((line) => `the sender was told: ${line}`);
