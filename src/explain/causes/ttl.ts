import { isIp4 } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import type { RuleAt } from '../layer2/frame-rules.ts';
import { isOwn, passagesHere } from '../packet-there.ts';
import { ringOf } from '../ring.ts';
import { deletingIfNew } from '../rule-mends.ts';
import { movedBy } from '../signs.ts';
import type { Site } from '../site.ts';
import { type Arrived, arrivedHere } from './forwarding.ts';
import { type GivenTtl, givenTtl } from './given-ttl.ts';
import type { CauseKind } from './kind.ts';
import { settingRule } from './rewritten.ts';
import { spentByTunnel } from './tunnel-limits.ts';

/** What Linux gives what it sends (RFC 1700 has it so): enough for every way but one that goes round. */
const USUAL_TTL = 64;

/** A place that took more of a packet's TTL than the one that a router takes, or a rule of the place itself that did. */
interface Lowered {
  place: string;
  /** How, in words that follow what it came with. */
  text: string;
  rule?: RuleAt;
  /** The route or the setting by which it gives what it sends that TTL. */
  given?: GivenTtl;
}

/** Where it came with a TTL that would have sufficed, and a rule of the place itself lowered it. */
function loweredHere(facts: Facts, { place, packet }: Arrived): { ttl: number; by?: Lowered } {
  const [passage] = passagesHere(facts).filter(({ ip }) => ip.ttl <= 1);
  const counted = movedBy(facts, place, 'Ip InHdrErrors') && movedBy(facts, place, 'Icmp OutTimeExcds');
  if (!passage && !counted) return { ttl: packet.ttl };
  const rule = settingRule(facts, place, 'ttl');
  const text = `, and a rule of its own ${rule ? `sets it: ${rule.text}` : 'lowers it'}`;
  return { ttl: passage?.ip.ttl ?? 1, by: { place, text, ...(rule && { rule }) } };
}

/** The place on the way there which it left with a TTL that is less by more than one; its sender, where a rule there sets it. */
function loweredBefore(facts: Facts): Lowered | undefined {
  const depth = ({ headers }: Pick<Site, 'headers'>) => headers.filter(isIp4).length;
  const points = facts.site.way
    .filter((each) => depth(each) === depth(facts.site))
    .map((each) => ({ ...each, ttl: Number(each.headers.find(isIp4)?.fields.ttl) }));
  const at = points.findIndex((each, i) => {
    const before = points[i - 1];
    return before?.place === each.place && before.ttl - each.ttl > 1;
  });
  const [before, left] = at < 0 ? [undefined, points[0]] : [points[at - 1], points[at]];
  const rule = left && settingRule(facts, left.place, 'ttl');
  const given = left && !before && !rule ? givenTtl(facts, left) : undefined;
  if (left && given && (given.isNew || left.ttl < USUAL_TTL))
    return { place: left.place, text: `, ${given.text}`, given };
  if (!left || (!before && (left.direction !== 'out' || !rule))) return undefined;
  const why = rule ? `, where a rule of ${rule.table} ${rule.chain} sets it: ${rule.text}` : '';
  const had = before ? `it had ${before.ttl} before it left ${left.place}` : `it left ${left.place} with ${left.ttl}`;
  return { place: left.place, text: `; ${had}${why}`, ...(rule && { rule }) };
}

const ttlSpent: CauseKind = {
  name: 'TTL spent',
  read: ['RFC 1812, section 5.3.1', 'RFC 792'],
  tell(facts) {
    const here = arrivedHere(facts);
    if (!here || ringOf(facts.site) || spentByTunnel(facts) || isOwn(facts, here.place, here.packet.dst)) return [];
    const { place, packet } = here;
    const { ttl, by = loweredBefore(facts) } = packet.ttl > 1 ? loweredHere(facts, here) : { ttl: packet.ttl };
    if (ttl > 1) return [];
    const fix = by?.given?.fix ?? (by?.rule && deletingIfNew(facts, by.place, by.rule));
    const seeing = by?.given?.show ?? 'nft list ruleset | grep -i ttl';
    return [
      {
        sentence: `${place} would have to forward it with its TTL spent: it came with TTL ${packet.ttl}${by?.text ?? ''}`,
        confidence: 'certain',
        place,
        show: [{ place, command: `ip route get ${packet.dst}` }, ...(by ? [{ place: by.place, command: seeing }] : [])],
        ...(by && fix && { fix: { place: by.place, command: fix } }),
        entails: ['bad IP header'],
      },
    ];
  },
};

export const ttl: CauseKind[] = [ttlSpent];
