import type { Facts } from '../facts.ts';
import { markText } from '../marks.ts';
import type { Routed } from '../routed.ts';
import { changeOf } from '../since.ts';
import { NO_TABLE } from '../state/fib.ts';
import type { Told } from './kind.ts';

/** The tables that every packet is looked up in where nobody has added a rule. */
const common = ['local', 'main', 'default', NO_TABLE];

/** A packet for which a route was looked up. */
type Led = Pick<Routed, 'place' | 'found' | 'ip'> & { packet: Pick<Routed['packet'], 'mark'> };

const isLed = ({ found }: Led) => found !== undefined && !common.includes(found.route.table);

/** Who gave a packet the mark that the rule to its table asks for, in words. */
function markedBy({ place, packet: { mark }, found }: Led): string {
  if (!mark || !found?.rule.words.fwmark) return '';
  const { value, by } = mark;
  return by
    ? `, and ${place}’s ${by.family === 'ip' ? '' : `${by.family} `}${by.table} ${by.chain} gives it the mark ${markText(value)}: ${by.rule}`
    : `, and it bears the mark ${markText(value)}`;
}

/** By which policy rule a packet came to a table of its own, in words; nothing where it was looked up as any other is. */
export const ledBy = (routed: Led): string =>
  isLed(routed) ? `; by the policy rule ${routed.found?.rule.text}${markedBy(routed)}` : '';

/** The commands that show the rule by which a packet came to its table, and the chain that gave it its mark. */
export function showLedBy(routed: Led): Told['show'] {
  if (!isLed(routed)) return [];
  const { place, packet, ip } = routed;
  const { by } = packet.mark ?? {};
  return [
    { place, command: `${ip} rule` },
    ...(by ? [{ place, command: `nft list chain ${by.family} ${by.table} ${by.chain}` }] : []),
  ];
}

/** What a change of a rule is called, of each version of IP. */
export const ruleOf = { ip: 'rule', 'ip -6': 'IPv6 rule' } as const;

/** What takes the rule away that led a packet to its table, where that was not there when the lab was proven. */
export function ruleIsNew(facts: Pick<Facts, 'changes'>, { place, found, ip }: Led): Told['fix'] {
  const text = found?.rule.text;
  const isNew =
    text &&
    changeOf(facts, place, ruleOf[ip], ({ change, after }) => change === 'new' && after?.endsWith(text) === true);
  return isNew ? { place, command: `${ip} rule del ${text}` } : undefined;
}
