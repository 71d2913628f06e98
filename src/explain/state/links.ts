import type { LinkState } from './place-state.ts';

/** What is read of an interface in the output of `ip -j -d address`. */
interface Printed {
  ifindex: number;
  ifname: string;
  flags: string[];
  mtu: number;
  operstate?: string;
  address?: string;
  link?: string;
  master?: string;
  xdp?: { mode?: number; prog?: { id?: number; name?: string } };
  linkinfo?: {
    info_kind?: string;
    info_data?: Record<string, unknown>;
    info_slave_kind?: string;
    info_slave_data?: Record<string, unknown>;
  };
  addr_info?: { local?: string; address?: string; prefixlen: number; scope: string }[];
}

/** linux/if_link.h, XDP_ATTACHED_*, as ip-link(8) writes them. */
const XDP_MODES = ['xdp', 'xdpdrv', 'xdpgeneric', 'xdpoffload'];

/** Interfaces, as `ip -j -d address` prints them. Throws where that is no JSON. */
export const linksIn = (json: string): LinkState[] =>
  (JSON.parse(json.trim() || '[]') as Partial<Printed>[]).filter((each): each is Printed => !!each.ifname).map(linkOf);

function linkOf({ linkinfo = {}, addr_info: addresses = [], ...link }: Printed): LinkState {
  return {
    index: link.ifindex,
    name: link.ifname,
    flags: link.flags,
    mtu: link.mtu,
    operstate: link.operstate ?? 'UNKNOWN',
    mac: link.address ?? '',
    ...(link.link && { link: link.link }),
    ...(link.master && { master: link.master }),
    ...(linkinfo.info_kind && { kind: linkinfo.info_kind }),
    data: linkinfo.info_data ?? {},
    ...(linkinfo.info_slave_kind && { masterKind: linkinfo.info_slave_kind }),
    portData: linkinfo.info_slave_data ?? {},
    ...(link.xdp?.prog && {
      xdp: `${XDP_MODES[link.xdp.mode ?? 0] ?? 'xdp'} ${link.xdp.prog.name ?? link.xdp.prog.id ?? ''}`.trim(),
    }),
    addresses: addresses.map(({ local, address, prefixlen, scope }) => ({
      address: local ?? address ?? '',
      prefixLength: prefixlen,
      ...(local && address && { peer: address }),
      scope,
    })),
  };
}
