import type { Sighting } from '../../judge/observation.ts';
import type { Facts } from '../facts.ts';
import type { Told } from './kind.ts';
import { translator, withoutIt } from './nat-rules.ts';

const portOf = ({ headers }: Pick<Sighting, 'headers'>): number | undefined => {
  const port = headers.findLast(({ protocol }) => protocol === 'tcp' || protocol === 'udp')?.fields.dst;
  return port === undefined ? undefined : Number(port);
};

/** Which place on the way gave the packet the port that it came to, by which rule, and what takes that away. */
export function otherPort(facts: Facts, port: number): { text: string; fix?: Told['fix'] } | undefined {
  const last = facts.wayThere.findLast((each) => portOf(each) !== port);
  const asked = last && portOf(last);
  const rule = asked === undefined ? undefined : translator(facts, last!.place, 'dst', last!);
  if (!last || !rule) return undefined;
  const fix = withoutIt(facts, last.place, 'dst', rule);
  return { text: `; ${last.place} translated its port from ${asked}, by the rule: ${rule.text}`, ...(fix && { fix }) };
}
