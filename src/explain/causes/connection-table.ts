import { connectionIn } from '../connection.ts';
import type { Facts } from '../facts.ts';
import { packetThere } from '../packet-there.ts';
import type { CauseKind, Told } from './kind.ts';

const FILE = 'stat/nf_conntrack';

/** By how much a counter of connection tracking moved at each place (conntrack(8), -S). */
function movedBy({ moved }: Facts, counter: string): Map<string, number> {
  const own = moved.filter(({ file, name }) => file === FILE && name === counter);
  return new Map(own.map(({ place, by }) => [place, by]));
}

/** A packet that is not entered is counted as dropped, too: only what was dropped besides met a full table. */
const conntrackFull: CauseKind = {
  name: 'connection table full',
  read: ['nf_conntrack-sysctl: nf_conntrack_max'],
  tell(facts) {
    const clashes = movedBy(facts, 'insert_failed');
    const counted = ['drop', 'early_drop'].flatMap((counter) =>
      [...movedBy(facts, counter)].map(([place, by]) => ({
        place,
        counter,
        by: counter === 'drop' ? by - (clashes.get(place) ?? 0) : by,
      })),
    );
    return counted
      .filter(({ by }) => by > 0)
      .map(({ place, counter, by }) => ({
        sentence: `${place}’s table of connections takes no more (nf_conntrack ${counter} +${by}; net.netfilter.nf_conntrack_max = ${facts.now.get(place)?.sysctls['net.netfilter.nf_conntrack_max'] ?? '?'})`,
        confidence: 'likely' as const,
        place,
        show: [{ place, command: 'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max' }],
      }));
  },
};

/** Another connection expects its answers at the same addresses and ports, so that this one cannot be entered. */
const conntrackClash: CauseKind = {
  name: 'conntrack clash',
  read: ['conntrack(8), -S: insert_failed', 'iptables-extensions(8), SNAT: --random-fully'],
  tell(facts) {
    const packet = packetThere(facts);
    return [...movedBy(facts, 'insert_failed')].map(([place, by]): Told => {
      const rival = (facts.connections.get(place) ?? []).flatMap((line) => {
        const { original, reply } = connectionIn(line) ?? {};
        const isOther =
          original?.sport !== packet?.sport && reply?.src === packet?.dst && reply?.sport === packet?.dport;
        return original && isOther ? [{ line, original }] : [];
      })[0];
      const from = rival ? `, from ${rival.original.src} port ${rival.original.sport}` : '';
      return {
        sentence: `${place} drops it: after translation its connection would have the addresses and ports of one that is there already${from} (nf_conntrack insert_failed +${by})`,
        confidence: 'certain',
        place,
        supports: rival ? [`the one that is there: ${rival.line}`] : [],
        show: [
          { place, command: `conntrack -L${packet ? ` --reply-src ${packet.dst}` : ''} 2>/dev/null` },
          { place, command: 'conntrack -S' },
        ],
      };
    });
  },
};

export const connectionTable: CauseKind[] = [conntrackFull, conntrackClash];
