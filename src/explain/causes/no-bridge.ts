import type { Facts } from '../facts.ts';
import { holdersOf, lastEther } from '../layer2/bridged.ts';
import { isGroup } from '../layer2/problem.ts';
import { linkOf } from '../place.ts';
import type { LinkState } from '../state/place-state.ts';
import { farEnd } from '../wire-end.ts';
import type { CauseKind, Told } from './kind.ts';

/** Two interfaces of a place: by which a frame came, and whose cable leads to whom it is for. */
interface Unjoined {
  place: string;
  came: LinkState;
  leads: LinkState;
}

const isBare = ({ master, addresses, kind }: LinkState) =>
  !master && kind !== 'bridge' && !addresses.some(({ address }) => address.includes('.'));

const isPort = ({ masterKind }: LinkState) => masterKind === 'bridge';

/** The interfaces that a frame is between, where no bridge has both: neither is a port, or each is another's. */
function unjoined(facts: Facts): Unjoined | undefined {
  const { last, peer } = facts.site;
  const ether = lastEther(facts);
  const at = last?.direction === 'in' ? last : peer;
  const came = at && linkOf(facts, at.place, at.device);
  if (!came || !ether || isGroup(ether.dst) || ether.dst === came.mac) return undefined;
  const ends = holdersOf(facts, ether.dst, at.place).flatMap((holder) => {
    const end = farEnd(facts, { place: holder.place, device: holder.link.name });
    const leads = end?.place === at.place ? linkOf(facts, end.place, end.device) : undefined;
    return leads && leads !== came ? [leads] : [];
  });
  const leads = ends.find((each) =>
    isPort(came) ? isPort(each) && each.master !== came.master : isBare(came) && isBare(each),
  );
  return leads && { place: at.place, came, leads };
}

/** No bridge has both the interface by which a frame came and the one by which it would have to go. */
const noBridge: CauseKind = {
  name: 'port off the bridge',
  read: ['ip-link(8), master', 'bridge(8)'],
  tell(facts): Told[] {
    const found = unjoined(facts);
    const mac = lastEther(facts)?.dst;
    if (!found) return [];
    const { place, came, leads } = found;
    const are = came.master
      ? `${came.name} is a port of ${came.master}, and ${leads.name} one of ${leads.master}`
      : `${came.name} and ${leads.name} are ports of no bridge (no master)`;
    return [
      {
        sentence: `no bridge of ${place} joins ${came.name}, by which the frame to ${mac} came, to ${leads.name}, which leads to whom it is for: ${are}`,
        confidence: 'likely',
        place,
        show: [{ place, command: `ip -br link show type bridge; bridge link show` }],
        ...(came.master && { fix: { place, command: `ip link set ${leads.name} master ${came.master}` } }),
      },
    ];
  },
};

export const unbridged: CauseKind[] = [noBridge];
