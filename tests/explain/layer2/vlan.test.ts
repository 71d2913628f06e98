import { expect } from 'chai';
import type { Here } from '../../../src/explain/layer2/problem.ts';
import { vlanProblems } from '../../../src/explain/layer2/vlan.ts';
import type { VlanState } from '../../../src/explain/state/place-state.ts';
import { link, state } from '../causes/loss.ts';

const member = (device: string, vid: number, untagged = false): VlanState => ({
  device,
  vid,
  pvid: untagged,
  untagged,
});
const frame = (tag?: number) => ({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02', tag });

/** What is stopped between port p1 and p2 of a bridge, or between p1 and the bridge itself. */
const between = (
  vlans: VlanState[],
  { out = 'p2', links = [] }: { out?: string; links?: (typeof br)[] } = {},
): Here => ({
  facts: { now: new Map() },
  crossing: { place: 'sw', bridge: 'br', in: 'p1', ...(out && { out }) } as Here['crossing'],
  state: state({ links: [br, ...links], vlans }),
  bridge: br,
});
const br = link('br', { kind: 'bridge', data: { vlan_filtering: 1 } });
const mended = (here: Here, tag?: number) => vlanProblems(here, frame(tag))[0]?.fix;

describe('What mends a bridge’s VLAN filtering', () => {
  it('leaves the tag on at a port that has other VLANs', () => {
    expect(mended(between([member('p1', 10), member('p2', 1, true)]), 10)).to.equal('bridge vlan add dev p2 vid 10');
  });

  it('leaves the tag on at the bridge itself where an interface of that VLAN stands on it', () => {
    const vlan = link('br.10', { kind: 'vlan', link: 'br', data: { id: 10 } });
    const here = between([member('p1', 10)], { out: '', links: [vlan] });
    expect(mended(here, 10)).to.equal('bridge vlan add dev br vid 10 self');
  });

  it('takes the tag off at a port that has no VLAN, and for a frame that came without one', () => {
    expect(mended(between([member('p1', 10)]), 10)).to.equal('bridge vlan add dev p2 vid 10 pvid untagged');
    expect(mended(between([member('p1', 10, true), member('p2', 20, true)]))).to.equal(
      'bridge vlan add dev p2 vid 10 pvid untagged',
    );
  });
});
