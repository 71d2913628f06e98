import { podsNode } from '../../lab/read.ts';
import type { Problem } from '../bad-lab.ts';
import type { End, Link } from '../cables.ts';
import { type Known, nodeProblem } from './known.ts';

/** What is wrong with cables that can be read. Two places may have one address (NAT, anycast, VRRP); one place has it once. */
export function cableProblems(known: Known): Problem[] {
  const first = new Map<string, string>();
  return known.wired.flatMap((link) => {
    const where = nameOf(link);
    return link.ends.flatMap((end, i) => {
      const unknown = nodeProblem(known, where, end.place);
      if (unknown.length) return unknown;
      return [...twice(first, where, end, known), ...elsewhere(known, where, end, link.ends[1 - i]!)];
    });
  });
}

const nameOf = ({ ends }: Link) => `links '${ends.map((end) => `${end.place}:${end.interface}`).join(' -- ')}'`;

function twice(first: Map<string, string>, where: string, end: End, { lab }: Known): Problem[] {
  const address = end.address?.split('/')[0];
  const used = [
    { what: `interface ${end.place}:${end.interface}`, key: `${end.place}:${end.interface}` },
    ...(address ? [{ what: `address ${address}`, key: `${end.place} ${address}` }] : []),
  ];
  const isSwitch = lab.nodes[end.place] === 'switch';
  return used.flatMap(({ what, key }) => {
    const before = first.get(key);
    first.set(key, before ?? where);
    if (!before) return [];
    const port = isSwitch && { hint: `Write ${end.place}:PORT.` };
    return [{ where, what: `the ${what} is also in ${before}`, ...port }];
  });
}

function elsewhere({ lab }: Known, where: string, end: End, far: End): Problem[] {
  const home = podsNode(lab.nodes[end.place]!);
  return home && far.place !== home ? [{ where, what: `${end.place} is a pod on ${home}: its cables end there` }] : [];
}
