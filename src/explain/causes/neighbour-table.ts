import { devicesOut } from '../devices-out.ts';
import type { Facts } from '../facts.ts';
import { saying } from '../signs.ts';
import type { CauseKind, Told } from './kind.ts';

/** What sendmsg(2) says of ENOBUFS: no entry could be made, or a queue of the sender's own dropped the packet. */
const ENOBUFS = /No buffer space available/;

/** Whether a queue of those by which it was to leave has dropped something, so that ENOBUFS may mean that. */
const isQueueFull = (facts: Facts) =>
  (facts.now.get(facts.site.place)?.qdiscs ?? []).some(
    ({ device, dropped }) => dropped > 0 && devicesOut(facts).includes(device),
  );

/**
 * A kernel has one table of neighbours for each version of IP, which all of its network namespaces share: one lab, pod or container
 * can take all of it from the others (neigh_alloc, net/core/neighbour.c).
 */
const tableFull: CauseKind = {
  name: 'neighbour table full',
  read: ['arp(7), gc_thresh3', 'ip-sysctl: neigh/default/gc_thresh3'],
  tell(facts) {
    const { site, sent, kernelDrops, askedFor = '' } = facts;
    const { place } = site;
    const dropped = kernelDrops.find((drop) => drop.place === place && drop.reason === 'NEIGH_CREATEFAIL');
    const refused = site.kind === 'nothing sent' && ENOBUFS.test(sent.stderr) && !isQueueFull(facts);
    if (!dropped && !refused) return [];
    const setting = `net.${askedFor.includes(':') ? 'ipv6' : 'ipv4'}.neigh.default.gc_thresh3`;
    const told: Told = {
      sentence: `${place}’s kernel has no room for one more neighbour: its table, which all network namespaces of a machine share, is full (${setting}, which only the machine itself has)`,
      confidence: dropped ? 'certain' : 'likely',
      place,
      supports: saying([refused, `${sent.from} was told ENOBUFS, and nothing was sent`]),
      show: [{ place, command: 'ip neigh show nud all' }],
      entails: ['neighbour unanswered', 'dropped by the kernel'],
    };
    return [told];
  },
};

export const neighbourTable: CauseKind[] = [tableFull];
