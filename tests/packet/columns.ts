import type { Header, Value } from '../../src/packet/index.ts';

export type Fields = Header['fields'];
export type Column = [
  protocol: string,
  field: string,
  theirs: string,
  value?: (ours: Value, fields: Fields) => Value | undefined,
];

const types: Record<string, number> = {
  'echo reply': 0,
  unreachable: 3,
  redirect: 5,
  'echo request': 8,
  'time exceeded': 11,
  'parameter problem': 12,
};

const flags = (letters: Value) =>
  [...'FSRPAUEC'].reduce((sum, one, bit) => sum + (`${letters}`.includes(one) ? 1 << bit : 0), 0);

const numbered = (names: string[], value: Value) => (names.includes(`${value}`) ? names.indexOf(`${value}`) : value);

const bgpTypes = ['', 'OPEN', 'UPDATE', 'NOTIFICATION', 'KEEPALIVE', 'ROUTE-REFRESH'];
const bgpErrors = ['', 'Message Header Error', 'OPEN Message Error', 'UPDATE Message Error'];
bgpErrors.push('Hold Timer Expired', 'Finite State Machine Error', 'Cease');
const subcodes = ['_unknown', '', '_open', '_update', '_expired', '_state', '_cease', '_capability'];

/** tshark has a field of its own for the subcodes of each code. */
const subcodeOf = (code: Value | undefined) => {
  const number = Number(numbered(bgpErrors, code ?? 0));
  return number in subcodes ? number : 0;
};

const opcodes = ['QUERY', 'IQUERY', 'STATUS', '3', 'NOTIFY', 'UPDATE'];
const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const dnsTypes: Record<string, number> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  ANY: 255,
};

const escapes: Record<number, string> = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' };

const printedByte = (code: number) => {
  const isPrintable = code >= 32 && code !== 127;
  return isPrintable ? String.fromCharCode(code) : `\\${escapes[code] ?? code.toString(8).padStart(3, '0')}`;
};

/** A name as tshark prints it, with escapes as C has them. */
const hostname = (name: Value) =>
  name === '.' ? '<Root>' : `${name}`.replace(/\\(\d{3})/g, (_, code) => printedByte(Number(code)));

const list = (joined: Value) => `${joined}`.replaceAll(', ', ',');

/** What tshark calls each of our fields, and how its value reads there, if it is shown. */
const columns: Column[] = [
  ['ether', 'dst', 'eth.dst'],
  ['ether', 'src', 'eth.src'],
  ['ether', 'vlan', 'vlan.id'],
  ['arp', 'op', 'arp.opcode', (op) => ({ request: 1, reply: 2 })[`${op}`] ?? op],
  ['arp', 'sha', 'arp.src.hw_mac'],
  ['arp', 'spa', 'arp.src.proto_ipv4'],
  ['arp', 'tha', 'arp.dst.hw_mac'],
  ['arp', 'tpa', 'arp.dst.proto_ipv4'],
  ['ip', 'src', 'ip.src'],
  ['ip', 'dst', 'ip.dst'],
  ['ip', 'ttl', 'ip.ttl'],
  ['ip', 'id', 'ip.id'],
  ['ip', 'df', 'ip.flags.df', Number],
  ['ip', 'mf', 'ip.flags.mf', Number],
  ['ip', 'offset', 'ip.frag_offset'],
  ['ip', 'length', 'ip.len'],
  ['ip', 'dscp', 'ip.dsfield.dscp'],
  ['ip', 'ecn', 'ip.dsfield.ecn'],
  ['ip', 'protocol', 'ip.proto'],
  ['icmp', 'type', 'icmp.type', (type) => types[`${type}`] ?? type],
  ['icmp', 'code', 'icmp.code'],
  ['icmp', 'id', 'icmp.ident'],
  ['icmp', 'sequence', 'icmp.seq'],
  ['icmp', 'mtu', 'icmp.mtu'],
  ['udp', 'src', 'udp.srcport'],
  ['udp', 'dst', 'udp.dstport'],
  ['udp', 'length', 'udp.length'],
  ['tcp', 'src', 'tcp.srcport'],
  ['tcp', 'dst', 'tcp.dstport'],
  ['tcp', 'seq', 'tcp.seq_raw'],
  ['tcp', 'ack', 'tcp.ack_raw'],
  ['tcp', 'flags', 'tcp.flags', flags],
  ['tcp', 'window', 'tcp.window_size_value'],
  ['vxlan', 'vni', 'vxlan.vni'],
  ['geneve', 'vni', 'geneve.vni'],
  ['geneve', 'protocol', 'geneve.proto_type'],
  ['geneve', 'oam', 'geneve.flags.oam', Number],
  ['geneve', 'critical', 'geneve.flags.critical', Number],
  ['gre', 'protocol', 'gre.proto'],
  ['gre', 'checksum', 'gre.checksum'],
  ['gre', 'key', 'gre.key'],
  ['gre', 'sequence', 'gre.sequence_number'],
  ['vrrp', 'version', 'vrrp.version'],
  ['vrrp', 'vrid', 'vrrp.virt_rtr_id'],
  ['vrrp', 'priority', 'vrrp.prio'],
  ['vrrp', 'addresses', 'vrrp.ip_addr', list],
  ['vrrp', 'interval', 'vrrp.adver_int', (s, { version }) => (version === 2 ? s : undefined)],
  [
    'vrrp',
    'interval',
    'vrrp.short_adver_int',
    (s, { version }) => (version === 3 ? Math.round(Number(s) * 100) : undefined),
  ],
  ['bgp', 'type', 'bgp.type', (type) => numbered(bgpTypes, type)],
  ['bgp', 'as', 'bgp.open.myas'],
  ['bgp', 'holdTime', 'bgp.open.holdtime'],
  ['bgp', 'routerId', 'bgp.open.identifier'],
  ['bgp', 'code', 'bgp.notify.major_error', (code) => numbered(bgpErrors, code)],
  ...subcodes.map(
    (suffix, at): Column => [
      'bgp',
      'subcode',
      `bgp.notify.minor_error${suffix}`,
      (subcode, { code }) => (subcodeOf(code) === at ? subcode : undefined),
    ],
  ),
  ['dns', 'id', 'dns.id'],
  ['dns', 'qr', 'dns.flags.response', (qr) => Number(qr === 'response')],
  ['dns', 'opcode', 'dns.flags.opcode', (opcode) => numbered(opcodes, opcode)],
  ['dns', 'rcode', 'dns.flags.rcode', (rcode) => numbered(rcodes, rcode)],
  ['dns', 'qname', 'dns.qry.name', hostname],
  ['dns', 'qtype', 'dns.qry.type', (type) => dnsTypes[`${type}`] ?? type],
  ['dns', 'ancount', 'dns.count.answers', (count, { opcode }) => (opcode === 'UPDATE' ? undefined : count)],
  ['dns', 'ancount', 'dns.count.prerequisites', (count, { opcode }) => (opcode === 'UPDATE' ? count : undefined)],
  ['dns', 'addresses', 'dns.a', list],
];

const types6: Record<string, number> = {
  unreachable: 1,
  'packet too big': 2,
  'time exceeded': 3,
  'parameter problem': 4,
  'echo request': 128,
  'echo reply': 129,
  'listener query': 130,
  'listener report': 131,
  'listener done': 132,
  'router solicitation': 133,
  'router advertisement': 134,
  'neighbor solicitation': 135,
  'neighbor advertisement': 136,
  redirect: 137,
  'listener report v2': 143,
};

const igmpTypes: Record<string, number> = {
  query: 0x11,
  'report v1': 0x12,
  'report v2': 0x16,
  leave: 0x17,
  'report v3': 0x22,
};

const dhcpTypes = ['', 'DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM'];
const wireguardTypes = ['', 'handshake initiation', 'handshake response', 'cookie reply', 'transport data'];
const chunkNames = ['DATA', 'INIT', 'INIT ACK', 'SACK', 'HEARTBEAT', 'HEARTBEAT ACK', 'ABORT', 'SHUTDOWN'];
chunkNames.push('SHUTDOWN ACK', 'ERROR', 'COOKIE ECHO', 'COOKIE ACK', 'ECNE', 'CWR', 'SHUTDOWN COMPLETE');

const when =
  (field: string, ...values: Value[]) =>
  (value: Value, fields: Fields) =>
    values.includes(fields[field] ?? '') ? value : undefined;

/** Priority, what the kernel calls the bridge's VLAN, and address of an identifier of STP. */
const identifier = (value: Value): [priority: number, vlan: number, mac: string] => {
  const [number = '', mac = ''] = `${value}`.split('.');
  return [Number(number) & 0xf000, Number(number) & 0xfff, mac];
};

const isMac = (value: Value) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(`${value}`);

export const newColumns: Column[] = [
  ['ip6', 'src', 'ipv6.src'],
  ['ip6', 'dst', 'ipv6.dst'],
  ['ip6', 'hopLimit', 'ipv6.hlim'],
  ['ip6', 'length', 'ipv6.plen', (length) => (length ? Number(length) - 40 : 0)],
  ['ip6', 'dscp', 'ipv6.tclass.dscp'],
  ['ip6', 'ecn', 'ipv6.tclass.ecn'],
  ['ip6', 'flowLabel', 'ipv6.flow'],
  ['ip6', 'id', 'ipv6.fraghdr.ident'],
  ['ip6', 'offset', 'ipv6.fraghdr.offset', (offset) => Number(offset) / 8],
  ['ip6', 'mf', 'ipv6.fraghdr.more', Number],
  ['icmp6', 'type', 'icmpv6.type', (type) => types6[`${type}`] ?? type],
  ['icmp6', 'code', 'icmpv6.code'],
  ['icmp6', 'id', 'icmpv6.echo.identifier'],
  ['icmp6', 'sequence', 'icmpv6.echo.sequence_number'],
  ['icmp6', 'mtu', 'icmpv6.mtu'],
  ['icmp6', 'target', 'icmpv6.nd.ns.target_address', when('type', 'neighbor solicitation')],
  ['icmp6', 'target', 'icmpv6.nd.na.target_address', when('type', 'neighbor advertisement')],
  ['icmp6', 'router', 'icmpv6.nd.na.flag.r', Number],
  ['icmp6', 'solicited', 'icmpv6.nd.na.flag.s', Number],
  ['icmp6', 'override', 'icmpv6.nd.na.flag.o', Number],
  ['icmp6', 'lladdr', 'icmpv6.opt.linkaddr'],
  ['icmp6', 'lifetime', 'icmpv6.nd.ra.router_lifetime'],
  ['icmp6', 'prefixes', 'icmpv6.opt.prefix', (list) => `${list}`.replace(/\/\d+/g, '').replaceAll(', ', ',')],
  [
    'icmp6',
    'groups',
    'icmpv6.mldr.mar.multicast_address',
    (groups, { type }) => (type === 'listener report v2' ? list(groups) : undefined),
  ],
  [
    'icmp6',
    'groups',
    'icmpv6.mld.multicast_address',
    (groups, { type }) => (type === 'listener report v2' ? undefined : groups),
  ],
  ['tcp', 'timestamp', 'tcp.options.timestamp.tsval'],
  ['mpls', 'label', 'mpls.label'],
  ['mpls', 'tc', 'mpls.exp'],
  ['mpls', 'bottom', 'mpls.bottom', Number],
  ['mpls', 'ttl', 'mpls.ttl'],
  ['llc', 'dsap', 'llc.dsap'],
  ['llc', 'ssap', 'llc.ssap'],
  ['stp', 'type', 'stp.type', (type) => ({ configuration: 0, rapid: 2, 'topology change': 128 })[`${type}`]],
  ['stp', 'version', 'stp.version'],
  ['stp', 'root', 'stp.root.prio', (id) => identifier(id)[0]],
  ['stp', 'root', 'stp.root.ext', (id) => identifier(id)[1]],
  ['stp', 'root', 'stp.root.hw', (id) => identifier(id)[2]],
  ['stp', 'rootCost', 'stp.root.cost'],
  ['stp', 'bridge', 'stp.bridge.prio', (id) => identifier(id)[0]],
  ['stp', 'bridge', 'stp.bridge.ext', (id) => identifier(id)[1]],
  ['stp', 'bridge', 'stp.bridge.hw', (id) => identifier(id)[2]],
  ['stp', 'port', 'stp.port'],
  ['stp', 'topologyChange', 'stp.flags.tc', Number],
  ['stp', 'maxAge', 'stp.max_age'],
  ['stp', 'helloTime', 'stp.hello'],
  ['stp', 'forwardDelay', 'stp.forward'],
  ['lldp', 'chassis', 'lldp.chassis.id.mac', (id) => (isMac(id) ? id : undefined)],
  ['lldp', 'chassis', 'lldp.chassis.id', (id) => (isMac(id) ? undefined : Buffer.from(`${id}`).toString('hex'))],
  ['lldp', 'port', 'lldp.port.id.mac', (id) => (isMac(id) ? id : undefined)],
  ['lldp', 'port', 'lldp.port.id', (id) => (isMac(id) ? undefined : id)],
  ['lldp', 'ttl', 'lldp.time_to_live'],
  ['lldp', 'systemName', 'lldp.tlv.system.name'],
  ['lldp', 'portDescription', 'lldp.port.desc'],
  ['igmp', 'type', 'igmp.type', (type) => igmpTypes[`${type}`] ?? type],
  ['igmp', 'groups', 'igmp.maddr', list],
  ['sctp', 'src', 'sctp.srcport'],
  ['sctp', 'dst', 'sctp.dstport'],
  ['sctp', 'tag', 'sctp.verification_tag'],
  [
    'sctp',
    'chunks',
    'sctp.chunk_type',
    (names) =>
      `${names}`
        .split(', ')
        .map((name) => numbered(chunkNames, name))
        .join(),
  ],
  [
    'sctp',
    'initiateTag',
    'sctp.init_initiate_tag',
    (tag, { chunks }) => (/^INIT($|,)/.test(`${chunks}`) ? tag : undefined),
  ],
  [
    'sctp',
    'initiateTag',
    'sctp.initack_initiate_tag',
    (tag, { chunks }) => (`${chunks}`.startsWith('INIT ACK') ? tag : undefined),
  ],
  ['sctp', 'tsn', 'sctp.data_tsn_raw'],
  [
    'l2tp',
    'version',
    'l2tp.version',
    (version, { session, type }) => (version === 3 && type === 'data' && session !== undefined ? undefined : version),
  ],
  [
    'l2tp',
    'type',
    'l2tp.type',
    (type, { version }) => (version === 3 && type === 'data' ? undefined : Number(type === 'control')),
  ],
  ['l2tp', 'tunnel', 'l2tp.tunnel', when('version', 2)],
  ['l2tp', 'session', 'l2tp.session', when('version', 2)],
  ['l2tp', 'tunnel', 'l2tp.ccid', when('version', 3)],
  ['l2tp', 'session', 'l2tp.sid', when('version', 3)],
  ['l2tp', 'ns', 'l2tp.Ns'],
  ['l2tp', 'nr', 'l2tp.Nr'],
  ['wireguard', 'type', 'wg.type', (type) => numbered(wireguardTypes, type)],
  ['wireguard', 'sender', 'wg.sender'],
  ['wireguard', 'receiver', 'wg.receiver'],
  ['wireguard', 'counter', 'wg.counter'],
  ['esp', 'spi', 'esp.spi'],
  ['esp', 'sequence', 'esp.sequence'],
  ['dhcp', 'op', 'dhcp.type', (op) => (op === 'request' ? 1 : 2)],
  ['dhcp', 'type', 'dhcp.option.dhcp', (type) => numbered(dhcpTypes, type)],
  ['dhcp', 'xid', 'dhcp.id'],
  ['dhcp', 'ciaddr', 'dhcp.ip.client'],
  ['dhcp', 'yiaddr', 'dhcp.ip.your'],
  ['dhcp', 'siaddr', 'dhcp.ip.server'],
  ['dhcp', 'giaddr', 'dhcp.ip.relay'],
  ['dhcp', 'chaddr', 'dhcp.hw.mac_addr'],
  ['dhcp', 'requested', 'dhcp.option.requested_ip_address', list],
  ['dhcp', 'server', 'dhcp.option.dhcp_server_id', list],
  ['dhcp', 'leaseTime', 'dhcp.option.ip_address_lease_time'],
  ['dhcp', 'routers', 'dhcp.option.router', list],
  ['dhcp', 'mask', 'dhcp.option.subnet_mask', list],
  ['http', 'method', 'http.request.method'],
  ['http', 'target', 'http.request.uri'],
  ['http', 'host', 'http.host'],
  ['http', 'status', 'http.response.code'],
  ['http', 'reason', 'http.response.phrase', (phrase) => `${phrase}`.trimStart()],
  ['tls', 'sni', 'tls.handshake.extensions_server_name'],
  ['tls', 'alpn', 'tls.handshake.extensions_alpn_str', list],
  ['tls', 'type', 'tls.handshake.type', (type) => (type === 'client hello' ? 1 : undefined)],
  ...['id', 'qr', 'opcode', 'rcode', 'qname', 'qtype', 'ancount', 'addresses'].flatMap((field) =>
    columns.flatMap(([protocol, name, theirs, value]): Column[] =>
      protocol === 'dns' && name === field ? [['mdns', name, theirs, ...(value ? [value] : [])] as Column] : [],
    ),
  ),
];

export const allColumns: Column[] = [...columns, ...newColumns];
