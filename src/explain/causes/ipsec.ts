import type { Passage } from '../../judge/observation.ts';
import { isIp } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { isOwn, packetThere, passagesHere } from '../packet-there.ts';
import { linkOf } from '../place.ts';
import { saying } from '../signs.ts';
import { changeOf } from '../since.ts';
import { prefixOf } from '../state/fib.ts';
import type { CauseKind, Told } from './kind.ts';

/** The counters of /proc/net/xfrm_stat that the loss of a packet moves (xfrm_proc), and what each says. */
const meanings: Record<string, string> = {
  XfrmInPolBlock: 'a policy blocks it',
  XfrmFwdPolBlock: 'a policy blocks it',
  XfrmOutPolBlock: 'a policy blocks it',
  XfrmInTmplMismatch: 'a policy wants it to come protected, and it came as it is',
  XfrmInNoPols: 'it came protected, and no policy allows that',
  XfrmOutNoStates: 'a policy wants it protected, and there is no state (SA) for it',
  XfrmAcquireError: 'a policy wants it protected, and no state (SA) for it could be had',
  XfrmInNoStates: 'it came protected, and there is no state (SA) with its SPI',
  XfrmInStateProtoError: 'it could not be decrypted: the keys of the two ends differ',
  XfrmInStateMismatch: 'the state (SA) that it came by is none that the policy allows',
  XfrmInStateExpired: 'the state (SA) that it came by has expired',
  XfrmOutStateExpired: 'the state (SA) for it has expired',
  XfrmInStateSeqError: 'its sequence number was seen before, or is too old (replay)',
};

/** The policy that applies to a packet at a place. */
function policyFor(facts: Pick<Facts, 'now'>, place: string, ends: { src: string; dst: string }, block: boolean) {
  const directions = isOwn(facts, place, ends.dst) ? / dir in\b/ : / dir (out|fwd)\b/;
  return facts.now.get(place)?.xfrm.find((text) => {
    const [, src, dst] = /^src (\S+) dst (\S+)/.exec(text) ?? [];
    if (!src || !dst || !directions.test(text)) return false;
    return prefixOf(src).holds(ends.src) && prefixOf(dst).holds(ends.dst) && / action block/.test(text) === block;
  });
}

/** The addresses of the packet where it was lost: as it was last known there, and as a translation of its source had it go on. */
function endsOf(facts: Facts): { src: string; dst: string }[] {
  const packet = packetThere(facts, isIp);
  const last = passagesHere(facts).at(-1);
  return packet ? [packet, ...sourcesBy(facts, last).map((src) => ({ ...packet, src }))] : [];
}

/** The source that a base chain gave a packet; where connection tracking did not get to know it, any address of the interface that it was to leave by. */
function sourcesBy(facts: Facts, passage: Passage | undefined): string[] {
  const { verdict, to } = passage?.ending ?? {};
  if (!passage || (verdict !== 'snat' && verdict !== 'masquerade')) return [];
  const own = linkOf(facts, passage.place, passage.leaves)?.addresses ?? [];
  return to ? [to.replace(/:\d+$/, '')] : own.map(({ address }) => address);
}

const ipsec: CauseKind = {
  name: 'IPsec policy',
  read: ['ip-xfrm(8)', 'kernel: networking/xfrm_proc'],
  tell(facts) {
    const ends = endsOf(facts);
    const counted = facts.moved.filter(({ file, name }) => file === 'xfrm_stat' && meanings[name]);
    const places = counted.length ? [...new Set(counted.map(({ place }) => place))] : [facts.site.place];
    return places.flatMap((place): Told[] => {
      const moved = counted.find((each) => each.place === place);
      const blocks = moved ? /PolBlock/.test(moved.name) : true;
      const policy = ends.map((each) => policyFor(facts, place, each, blocks)).find((each) => each !== undefined);
      if (!moved && !policy) return [];
      const changed = changeOf(facts, place, 'xfrm');
      const [, spec = policy ?? ''] = /^(.*?)(?: priority| ptype| sel |$)/.exec(policy ?? '') ?? [];
      return [
        {
          sentence: `IPsec at ${place} drops it: ${moved ? meanings[moved.name] : meanings.XfrmInPolBlock}${policy ? ` (ip xfrm policy: ${spec.trim()}${blocks && !/action block/.test(spec) ? ' action block' : ''})` : ''}${moved ? `; ${moved.name} moved` : ''}`,
          confidence: moved ? 'certain' : 'likely',
          place,
          supports: saying(
            [moved, `${place} counted it: ${moved?.name} +${moved?.by}`],
            [changed, `${changed?.sentence}`],
          ),
          show: [
            { place, command: `grep ${moved ? moved.name : 'PolBlock'} /proc/net/xfrm_stat` },
            { place, command: 'ip xfrm policy' },
            ...(moved && /State/.test(moved.name) ? [{ place, command: 'ip xfrm state' }] : []),
          ],
          ...(policy && blocks && { fix: { place, command: `ip xfrm policy delete ${selector(policy)}` } }),
        },
      ];
    });
  },
};

const isEsp = ({ protocol }: { protocol: string }) => protocol === 'esp';

/** A place sends in the clear what it should seal. */
const unsealed: CauseKind = {
  name: ipsec.name,
  read: ['ip-xfrm(8)', 'RFC 4301, section 5.1'],
  tell(facts) {
    const { before, now, hop } = facts.site.changed ?? {};
    if (!before || !hop?.expected.some(isEsp) || now?.headers.some(isEsp)) return [];
    const { place } = before;
    const changed = changeOf(facts, place, 'xfrm');
    return [
      {
        sentence: `${place} sends it as it is, where ESP is listed: ${changed?.sentence ?? 'no policy of IPsec takes it'}`,
        confidence: changed ? 'certain' : 'likely',
        place,
        show: [{ place, command: 'ip xfrm policy' }],
      },
    ];
  },
};

const selector = (policy: string) => /^src \S+ dst \S+/.exec(policy)?.[0] + (/ dir \w+/.exec(policy)?.[0] ?? '');

export const xfrm: CauseKind[] = [ipsec, unsealed];
