import { devicesOf } from '../../../src/explain/state/fib.ts';
import type { PlaceState } from '../../../src/explain/state/place-state.ts';
import type { Breaker } from '../breakages.ts';
import { delivered, isOwn } from '../stages.ts';
import { at, routeLine } from './at.ts';

/** The routes that a device's loss of its address or its carrier takes away, as they are typed again: what is on link first. */
const routesBy = ({ routes }: PlaceState, device: string) =>
  routes
    .filter((each) => each.table === 'main' && devicesOf(each).includes(device))
    .sort((a, b) => Number('via' in a.words) - Number('via' in b.words))
    .map((each) => `ip route replace ${routeLine(each)}`);

export const ofDelivery: Record<string, Breaker> = {
  'echo ignored': (ground, random) => {
    const here = random.pick(
      delivered(ground).filter(({ headers, src }) => headers.at(-1)?.fields.type === 'echo request' && src),
    );
    const wraps = here?.headers.filter(({ protocol }) => protocol === 'ip').length !== 1;
    if (!here || wraps) return undefined;
    return at(here.place, 'echo ignored', [
      ['sysctl -qw net.ipv4.icmp_echo_ignore_all=1'],
      ['sysctl -qw net.ipv4.icmp_echo_ignore_all=0'],
    ]);
  },
  'address missing': (ground, random) => {
    const here = random.pick(
      delivered(ground).filter(({ state, dst, device, src }) => {
        const link = state.links.find(({ name }) => name === device);
        return link?.addresses.some(({ address }) => address === dst) && !isOwn(state, src);
      }),
    );
    const own = here?.state.links
      .find(({ name }) => name === here.device)
      ?.addresses.find(({ address }) => address === here.dst);
    if (!here || !own) return undefined;
    // The kernel's route to the address's network comes back with the metric that it had.
    const kernels = here.state.routes.find(({ words }) => words.proto === 'kernel' && words.src === own.address);
    const metric = kernels?.words.metric ? ` metric ${kernels.words.metric}` : '';
    return at(here.place, 'address missing', [
      [`ip address del ${own.address}/${own.prefixLength} dev ${here.device}`],
      [
        `ip address add ${own.address}/${own.prefixLength} dev ${here.device}${metric}`,
        ...routesBy(here.state, here.device),
      ],
    ]);
  },
};
