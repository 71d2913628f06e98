import type { MacPoints } from '../../compare/chance.ts';
import type { Plan } from '../../plan/plan.ts';

const OWN_MAC = /\b[0-9a-f][02468ace](:[0-9a-f]{2}){5}\b/g;
// ip(8) writes the MAC in a bridge's identifier without zeros in front.
const BRIDGE_MAC = /(?<=\b[0-9a-f]{4}\.)[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}\b/g;
const NO_MAC = '00:00:00:00:00:00';

/** What a command prints that differs from run to run, and how a page writes it. */
const chance: [RegExp, string][] = [
  [/(mdev = )[\d./]+(?= ms)/g, '$1…'],
  [/\b\d+(\.\d+)?( ?)ms\b/g, '…$2ms'],
  [/\b\d+(sec)\b/g, '…$1'],
  [/(?<!:)\b\d\d:\d\d:\d\d(\.\d+)?\b(?!:)/g, '…'],
  [/\b20\d\d-\d\d-\d\d\b/g, '…'],
  [/\b(pid=|inode:|ino:|id=|cookie |ip id |icmp id |icmp sequence )\d+/g, '$1…'],
  [/\b(net|mnt|pid|uts|ipc|user|cgroup):\[\d+\]/g, '$1:[…]'],
  // Of nftables: what names a traced packet, the bytes of its payload, and counters.
  [/\b(trace id )[0-9a-f]+/g, '$1…'],
  [/(@th,\d+,\d+ 0x)[0-9a-f]+/g, '$1…'],
  [/\b(packets )\d+( bytes )\d+/g, '$1…$2…'],
  // The index of an interface, in front of its name or its peer's.
  [/^\d+(?=: [^\s:]+(: <| +inet ))/gm, '…'],
  [/(@if)\d+/g, '$1…'],
  // The seconds that an entry of conntrack has left, before its state or addresses.
  [/^((?:ipv4 +\d+ +)?(?:tcp|udp|icmp|unknown) +\d+ +)\d+(?= .*src=)/gm, '$1…'],
];

// The range of ports that Linux draws from (net.ipv4.ip_local_port_range).
const PORT = /(?<=(?:[sd]port[= ]|\d:|src: |dst: ))(3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[4-5]\d{4}|60\d{3})\b/g;

/** What a command printed, without what differs from run to run: MAC addresses by their owners, where a walk shows them. */
export function stable(output: string, plan: Plan, macs: MacPoints): string {
  const said = JSON.stringify(plan);
  const met: string[] = [];
  const owner = (mac: string) => {
    if (mac === NO_MAC || said.includes(mac)) return mac;
    const [point] = [...(macs.get(mac) ?? [])].sort();
    if (point) return `mac(${point})`;
    if (!met.includes(mac)) met.push(mac);
    return `MAC ${met.indexOf(mac) + 1}`;
  };
  const padded = (mac: string) => mac.replace(/[0-9a-f]+/g, (octet) => octet.padStart(2, '0'));
  const owned = output
    .replace(BRIDGE_MAC, padded)
    .replace(OWN_MAC, owner)
    .replace(PORT, (port) => (said.includes(port) ? port : '…'));
  return chance.reduce((text, [pattern, written]) => text.replace(pattern, written), owned);
}
