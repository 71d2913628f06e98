import { linkOf } from '../place.ts';
import { saying } from '../signs.ts';
import { changeOf } from '../since.ts';
import type { CauseKind } from './kind.ts';

/** A program at an interface takes frames before anything else of the place does, and before they can be captured. */
const program: CauseKind = {
  name: 'XDP program',
  read: ['ip-link(8), xdp', 'Documentation/networking/af_xdp.rst'],
  tell(facts) {
    const { kind, peer } = facts.site;
    const link = kind === 'on a wire' && peer ? linkOf(facts, peer.place, peer.device) : undefined;
    if (!peer || !link?.xdp) return [];
    const { place, device } = peer;
    const [mode = 'xdp', name = ''] = link.xdp.split(' ');
    const changed = changeOf(facts, place, 'link', ({ subject }) => subject === `${device}: xdp`);
    return [
      {
        sentence: `${place}’s ${device} has an XDP program (${mode}${name ? `, ${name}` : ''}), which decides about all that comes in there, and nothing of it was seen to come through`,
        confidence: changed ? 'certain' : 'likely',
        place,
        supports: saying([changed, `${changed?.sentence}`]),
        show: [{ place, command: `ip link show dev ${device}` }],
        fix: { place, command: `ip link set dev ${device} ${mode} off` },
        entails: ['neighbour unanswered'],
      },
    ];
  },
};

export const xdp: CauseKind[] = [program];
