import type { PlaceState, VlanState } from '../state/place-state.ts';
import type { BridgedFrame, Here, Problem } from './problem.ts';

const isFiltering = ({ bridge }: Pick<Here, 'bridge'>) => Number(bridge.data.vlan_filtering ?? 0) === 1;

const vlansOf = ({ vlans }: PlaceState, device: string): VlanState[] => vlans.filter((each) => each.device === device);

/** The VLAN that a bridge which filters takes a frame for (IEEE 802.1Q, 6.9); undefined where it takes none. */
function classified({ state, crossing }: Here, { tag }: BridgedFrame): number | undefined {
  return tag ?? vlansOf(state, crossing.in ?? crossing.bridge).find(({ pvid }) => pvid)?.vid;
}

/** The frame's tag after a bridge: one that filters takes it off where the port has the VLAN untagged. */
export function tagAfter(here: Here, frame: BridgedFrame): number | undefined {
  if (!isFiltering(here)) return frame.tag;
  const vid = classified(here, frame);
  const left = vlansOf(here.state, here.crossing.out ?? here.crossing.bridge).find((each) => each.vid === vid);
  return left?.untagged ? undefined : vid;
}

/** Why a bridge's VLAN filtering does not let a frame in, or out. */
export function vlanProblems(here: Here, frame: BridgedFrame): Problem[] {
  const { crossing, state } = here;
  if (!isFiltering(here) || crossing.offBridge) return [];
  const came = crossing.in ?? crossing.bridge;
  const goes = crossing.out ?? crossing.bridge;
  const vid = classified(here, frame);
  const self = (device: string) => (device === crossing.bridge ? ' self' : '');
  if (vid === undefined)
    return [
      filtered(`${came} has no PVID, so a frame without a tag is not let in`, [came], {
        fix: `bridge vlan add dev ${came} vid ${firstVid(state, goes) ?? 1} pvid untagged${self(came)}`,
      }),
    ];
  const isMember = (device: string) => vlansOf(state, device).some((each) => each.vid === vid);
  const why = frame.tag === undefined ? `the PVID of ${came}` : 'its tag';
  if (!isMember(came))
    return [
      filtered(`VLAN ${vid} (${why}) is not let in by ${came}, which has ${listed(state, came)}`, [came], {
        fix: `bridge vlan add dev ${came} vid ${vid}${self(came)}`,
      }),
    ];
  if (!isMember(goes))
    return [
      filtered(`the frame is in VLAN ${vid} (${why}), and ${goes} has ${listed(state, goes)}`, [came, goes], {
        fix: `bridge vlan add dev ${goes} vid ${vid}${keepsTag(here, frame, vid) ? '' : ' pvid untagged'}${self(goes)}`,
      }),
    ];
  return [];
}

/** Whether a frame with a tag is to leave with it: by a port that has other VLANs, or to an interface of its VLAN. */
function keepsTag({ state, crossing }: Here, { tag }: BridgedFrame, vid: number): boolean {
  if (tag === undefined) return false;
  const goes = crossing.out ?? crossing.bridge;
  return (
    vlansOf(state, goes).length > 0 ||
    state.links.some(({ kind, link, data }) => kind === 'vlan' && link === goes && Number(data.id) === vid)
  );
}

const firstVid = (state: PlaceState, device: string) => vlansOf(state, device).find(({ pvid }) => pvid)?.vid;

function listed(state: PlaceState, device: string): string {
  const vids = vlansOf(state, device).map(({ vid, pvid }) => `${vid}${pvid ? ' PVID' : ''}`);
  return vids.length ? `only vlan-id ${vids.join(', ')}` : 'no VLAN';
}

const filtered = (what: string, devices: string[], { fix }: { fix: string }): Problem => ({
  cause: 'VLAN filtering',
  what: `by its VLAN filtering (vlan_filtering 1), since ${what}`,
  sure: true,
  show: [...new Set(devices)].map((device) => `bridge vlan show dev ${device}`),
  fix,
});
