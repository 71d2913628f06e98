import { packetThere } from '../packet-there.ts';
import { largerSetting, settingOf } from '../place.ts';
import type { CauseKind } from './kind.ts';

const SETTING = 'route_localnet';

/** What has localhost’s address, and was translated to leave its place. */
const routeLocalnetOff: CauseKind = {
  name: 'route_localnet off',
  read: ['ip-sysctl: route_localnet', 'RFC 1122, section 3.2.1.3'],
  tell(facts) {
    const { place } = facts.site;
    const [packet, state] = [packetThere(facts), facts.now.get(place)];
    if (!packet?.src.startsWith('127.') || packet.iif) return [];
    const device = facts.lookups.find((each) => each.place === place && each.ok && each.device)?.device;
    const isKnown = device && state?.sysctls[settingOf(device, SETTING)] !== undefined;
    if (!isKnown || device === 'lo' || largerSetting(state, device, SETTING)) return [];
    const setting = settingOf(device, SETTING);
    return [
      {
        sentence: `${place} does not route what comes from ${packet.src} out by ${device} (${setting} = 0)`,
        confidence: 'certain',
        place,
        show: [{ place, command: `sysctl ${settingOf('all', SETTING)} ${setting}` }, ...facts.lookups],
        fix: { place, command: `sysctl -w ${setting}=1` },
      },
    ];
  },
};

export const localhost: CauseKind[] = [routeLocalnetOff];
