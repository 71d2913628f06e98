import type { Sent } from './walk.ts';

/** What else was captured while a packet was on its way that tells why it was lost, in sentences. */
export function evidence(sent: Sent): string[] {
  return [...new Set([...unanswered(sent), ...errors(sent), ...said(sent.ran)])];
}

/** ARP requests, put out where the packet was last seen, that nobody answered. */
function unanswered({ seen, sightings }: Sent): string[] {
  const last = sightings.reduce((late, each) => (each.time >= late.time ? each : late), sightings[0]!)?.place;
  const arp = seen.flatMap((frame) => {
    const fields = frame.packet().headers.find(({ protocol }) => protocol === 'arp')?.fields;
    return fields && !frame.port && frame.place === last
      ? [{ at: frame.at, direction: frame.direction, ...fields }]
      : [];
  });
  return (arp as Record<string, unknown>[])
    .filter(({ op, direction, at, tpa }) => {
      const answered = arp.some(
        (other: Record<string, unknown>) => other.op === 'reply' && other.at === at && other.spa === tpa,
      );
      return op === 'request' && direction === 'out' && !answered;
    })
    .map(({ at, tpa }) => `${at} asked by ARP who has ${tpa}; nobody answered`);
}

/** ICMP errors about the packet, in any of its wrappings. */
function errors({ seen, sightings }: Sent): string[] {
  const own = new Set(
    sightings.flatMap(({ headers }) =>
      headers.filter(({ protocol }) => protocol === 'ip').map(({ fields }) => `${fields.src} ${fields.dst}`),
    ),
  );
  return seen.flatMap((frame) => {
    const { quoted, headers } = frame.packet();
    const about = quoted?.find(({ protocol }) => protocol === 'ip')?.fields;
    if (frame.direction !== 'out' || !about || !own.has(`${about.src} ${about.dst}`)) return [];
    const ip = headers.findLast(({ protocol }) => protocol === 'ip')?.fields;
    const icmp = headers.at(-1)?.fields;
    const why = `${icmp?.type}, code ${icmp?.code}${icmp?.mtu ? `, mtu ${icmp.mtu}` : ''}`;
    return [`${frame.at}: ${ip?.src} tells ${ip?.dst} by ICMP: ${why}, about its packet to ${about.dst}`];
  });
}

const said = ({ stdout, stderr }: Sent['ran']) =>
  `${stdout}\n${stderr}`
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(ping: |From )/.test(line))
    .map((line) => `the sender was told: ${line}`);
