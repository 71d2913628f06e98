import { isIp } from '../../packet/index.ts';
import { isMulticast, packetThere } from '../packet-there.ts';
import type { CauseKind } from './kind.ts';

/** What is for a group goes to those of a segment that have joined it; a router passes it on only where it routes multicast. */
export const groups: CauseKind[] = [
  {
    name: 'group not joined',
    read: ['RFC 1112, section 7', 'ip-maddress(8)'],
    isFallback: true,
    tell(facts) {
      const { last, place } = facts.site;
      const packet = packetThere(facts, isIp);
      if (!packet || !isMulticast(packet.dst) || last?.direction !== 'in') return [];
      return [
        {
          sentence: `${packet.dst} is a group, and ${place}, which the packet reached, seems not to have joined it at ${last.device}`,
          confidence: 'possible',
          place,
          show: [{ place, command: `ip maddress show dev ${last.device}` }],
        },
      ];
    },
  },
];
