import type { Sent } from './walk.ts';

/** What else was captured while a packet was on its way that tells why it was lost, in sentences. */
export function evidence({ ran, seen }: Pick<Sent, 'ran' | 'seen'>): string[] {
  return [...new Set([...unanswered(seen), ...errors(seen), ...said(ran)])];
}

function unanswered(seen: Sent['seen']): string[] {
  const arp = seen.flatMap((frame) => {
    const fields = frame.packet().headers.find(({ protocol }) => protocol === 'arp')?.fields;
    return fields ? [{ at: frame.at, direction: frame.direction, ...fields } as Record<string, unknown>] : [];
  });
  return arp
    .filter(({ op, direction, at, tpa }) => {
      const answered = arp.some((other) => other.op === 'reply' && other.at === at && other.spa === tpa);
      return op === 'request' && direction === 'out' && !answered;
    })
    .map(({ at, tpa }) => `${at} asked by ARP who has ${tpa}; nobody answered`);
}

function errors(seen: Sent['seen']): string[] {
  return seen.flatMap((frame) => {
    const packet = frame.packet();
    if (!packet.quoted || frame.direction !== 'out') return [];
    const ip = packet.headers.findLast(({ protocol }) => protocol === 'ip')?.fields;
    const icmp = packet.headers.at(-1)?.fields;
    const about = packet.quoted.find(({ protocol }) => protocol === 'ip')?.fields;
    const why = `${icmp?.type}, code ${icmp?.code}${icmp?.mtu ? `, mtu ${icmp.mtu}` : ''}`;
    return [`${frame.at}: ${ip?.src} tells ${ip?.dst} by ICMP: ${why}, about its packet to ${about?.dst}`];
  });
}

const said = ({ stdout, stderr }: Sent['ran']) =>
  `${stdout}\n${stderr}`
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(ping: |From )/.test(line))
    .map((line) => `the sender was told: ${line}`);
