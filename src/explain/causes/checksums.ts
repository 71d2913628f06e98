import { packetThere } from '../packet-there.ts';
import type { CauseKind, Told } from './kind.ts';

const counters: Record<string, string> = {
  'Udp InCsumErrors': 'UDP',
  'Tcp InCsumErrors': 'TCP',
  'Icmp InCsumErrors': 'ICMP',
  'IpExt InCsumErrors': 'IP header',
};

const checksum: CauseKind = {
  name: 'wrong checksum',
  read: ['RFC 1071', 'ethtool(8), -K tx', 'nstat(8)'],
  tell(facts) {
    return facts.moved.flatMap(({ place, name, by }): Told[] => {
      const what = counters[name];
      if (!what) return [];
      const device = facts.site.place === place ? facts.site.last?.device : undefined;
      return [
        {
          sentence: `${place} throws it away for its ${what} checksum: ${name.replace(' ', '')} moved by ${by}`,
          confidence: 'certain',
          place,
          show: [
            { place, command: `nstat -asz ${name.replace(' ', '')}` },
            ...(device ? [{ place, command: `ethtool -k ${device} | grep checksumming` }] : []),
          ],
        },
      ];
    });
  },
};

const badHeader: CauseKind = {
  name: 'bad IP header',
  read: ['RFC 1812, section 5.2.2'],
  tell(facts) {
    const packet = packetThere(facts);
    return facts.moved.flatMap(({ place, name, by }): Told[] => {
      // The counter moves where a TTL is spent as well.
      if (name !== 'Ip InHdrErrors' || place !== facts.site.place || !packet || packet.ttl <= 1) return [];
      return [
        {
          sentence: `${place} throws it away for an error in its IP header: IpInHdrErrors moved by ${by}`,
          confidence: 'likely',
          place,
          show: [{ place, command: 'nstat -asz IpInHdrErrors' }],
        },
      ];
    });
  },
};

export const checksums: CauseKind[] = [checksum, badHeader];
