import { expect } from 'chai';
import { fdbIn, vlansIn } from '../../../src/explain/state/bridges.ts';
import { daemonsIn, daemonsOfPlace } from '../../../src/explain/state/daemons.ts';
import { neighboursIn, routesIn, rulesIn, xfrmIn } from '../../../src/explain/state/ip-lines.ts';
import { linksIn } from '../../../src/explain/state/links.ts';
import { qdiscsIn, socketsIn } from '../../../src/explain/state/queues-and-sockets.ts';
import { rulesetIn } from '../../../src/explain/state/rule-handles.ts';
import { legacyTablesIn, sysctlName, sysctlsIn } from '../../../src/explain/state/sysctls.ts';

describe('the state of a place, as programs print it', () => {
  it('has routes of every type and table', () => {
    const routes = routesIn(
      [
        'default via 10.0.0.1 dev eth0 proto static onlink ',
        '10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.2 linkdown',
        'blackhole 10.88.2.0/26 ',
        'unreachable default table 100 metric 4278198272 ',
        'local 10.0.0.2 dev eth0 table local proto kernel scope host src 10.0.0.2 ',
        '10.9.0.0/16 encap ip id 7 src 0.0.0.0 dst 10.1.1.1 ttl 0 tos 0 via 10.0.0.9 dev eth0 ',
        '',
      ].join('\n'),
    );
    expect(routes.map(({ type, dst, table }) => [type, dst, table])).to.deep.equal([
      ['unicast', 'default', 'main'],
      ['unicast', '10.0.0.0/24', 'main'],
      ['blackhole', '10.88.2.0/26', 'main'],
      ['unreachable', 'default', '100'],
      ['local', '10.0.0.2', 'local'],
      ['unicast', '10.9.0.0/16', 'main'],
    ]);
    expect(routes[0]!.text).to.equal('default via 10.0.0.1 dev eth0 proto static onlink');
    expect(routes[0]!.words).to.deep.equal({ via: '10.0.0.1', dev: 'eth0', proto: 'static', onlink: '' });
    expect(routes[1]!.words).to.include({ src: '10.0.0.2', linkdown: '' });
    expect(routes[5]!.words).to.include({ encap: 'ip', via: '10.0.0.9', dev: 'eth0' });
  });

  it('has all ways of a route that has several', () => {
    const [route, next] = routesIn(
      [
        '10.78.0.0/16 proto static ',
        '\tnexthop via 10.0.0.9 dev v2 weight 1 ',
        '\tnexthop via 10.0.0.8 dev v3 weight 2 dead linkdown ',
        '10.79.0.0/16 dev v2 scope link ',
      ].join('\n'),
    );
    expect(route).to.deep.include({ dst: '10.78.0.0/16', words: { proto: 'static' } });
    expect(route!.nexthops.map(({ words }) => words)).to.deep.equal([
      { via: '10.0.0.9', dev: 'v2', weight: '1' },
      { via: '10.0.0.8', dev: 'v3', weight: '2', dead: '', linkdown: '' },
    ]);
    expect(next!.nexthops).to.deep.equal([]);
  });

  it('has rules with what they ask for and what they do', () => {
    const rules = rulesIn(
      [
        '0:\tfrom all lookup local',
        '100:\tnot from all fwmark 0x1/0xff iif eth0 [detached] lookup 100',
        '32766:\tfrom 10.0.0.0/8 unreachable',
      ].join('\n'),
    );
    expect(rules.map(({ priority }) => priority)).to.deep.equal([0, 100, 32766]);
    expect(rules[1]!.words).to.include({ not: '', from: 'all', fwmark: '0x1/0xff', iif: 'eth0', lookup: '100' });
    expect(rules[2]!.words).to.deep.equal({ from: '10.0.0.0/8', unreachable: '' });
  });

  it('has neighbours, asked for and answered for', () => {
    const neighbours = neighboursIn(
      [
        '10.0.0.1 dev eth0 lladdr 02:00:00:00:00:01 router STALE ',
        '10.0.0.9 dev eth0  FAILED ',
        '10.0.0.3 dev vx lladdr 02:00:00:00:00:03 extern_learn  NOARP ',
        '10.0.0.7 dev eth0  proxy ',
      ].join('\n'),
    );
    expect(neighbours.map(({ address, mac, state, proxy }) => ({ address, mac, state, proxy }))).to.deep.equal([
      { address: '10.0.0.1', mac: '02:00:00:00:00:01', state: 'STALE', proxy: false },
      { address: '10.0.0.9', mac: undefined, state: 'FAILED', proxy: false },
      { address: '10.0.0.3', mac: '02:00:00:00:00:03', state: 'NOARP', proxy: false },
      { address: '10.0.0.7', mac: undefined, state: '', proxy: true },
    ]);
    expect(neighbours.map(({ device }) => device)).to.deep.equal(['eth0', 'eth0', 'vx', 'eth0']);
  });

  it('has a line for each policy and state of IPsec', () => {
    const policies = xfrmIn(
      'src 10.0.0.0/24 dst 10.1.0.0/24 \n\tdir out action block priority 0 ptype main \nsrc 0.0.0.0/0 dst 0.0.0.0/0 \n\tsocket in priority 0\n',
    );
    expect(policies).to.deep.equal([
      'src 10.0.0.0/24 dst 10.1.0.0/24 dir out action block priority 0 ptype main',
      'src 0.0.0.0/0 dst 0.0.0.0/0 socket in priority 0',
    ]);
  });

  it('has entries of forwarding tables, of bridges and of VXLAN devices', () => {
    const fdb = fdbIn(
      [
        '0e:00:00:00:00:02 dev flannel.1 dst 192.168.205.3 self permanent',
        'aa:bb:cc:dd:ee:ff dev veth1 vlan 10 master br0 ',
        '33:33:00:00:00:01 dev veth1 self permanent',
      ].join('\n'),
    );
    expect(fdb.map(({ mac, device }) => [mac, device])).to.deep.equal([
      ['0e:00:00:00:00:02', 'flannel.1'],
      ['aa:bb:cc:dd:ee:ff', 'veth1'],
      ['33:33:00:00:00:01', 'veth1'],
    ]);
    expect(fdb[0]!.words).to.deep.equal({ dev: 'flannel.1', dst: '192.168.205.3', self: '', permanent: '' });
    expect(fdb[1]!.words).to.include({ vlan: '10', master: 'br0' });
  });

  it('has the VLANs of each port, ranges one by one', () => {
    const vlans = vlansIn(
      'port              vlan-id  \nv1                1 PVID Egress Untagged\n                  10-11\nbr0               1 PVID Egress Untagged\n',
    );
    expect(vlans).to.deep.equal([
      { device: 'v1', vid: 1, pvid: true, untagged: true },
      { device: 'v1', vid: 10, pvid: false, untagged: false },
      { device: 'v1', vid: 11, pvid: false, untagged: false },
      { device: 'br0', vid: 1, pvid: true, untagged: true },
    ]);
    expect(vlansIn('port\tvlan ids\nv1\t 1 PVID Egress Untagged\n\t 2\n\n')).to.deep.equal([
      { device: 'v1', vid: 1, pvid: true, untagged: true },
      { device: 'v1', vid: 2, pvid: false, untagged: false },
    ]);
  });

  it('has queueing disciplines with what they dropped', () => {
    const qdiscs = qdiscsIn(
      [
        'qdisc tbf 8001: dev eth0 root refcnt 2 rate 8Kbit burst 2Kb lat 50ms ',
        ' Sent 98 bytes 1 pkt (dropped 12, overlimits 3 requeues 0) ',
        ' backlog 0b 0p requeues 0',
        'qdisc noqueue 0: dev lo root refcnt 2 ',
      ].join('\n'),
    );
    expect(qdiscs.map(({ device, kind, dropped }) => ({ device, kind, dropped }))).to.deep.equal([
      { device: 'eth0', kind: 'tbf', dropped: 12 },
      { device: 'lo', kind: 'noqueue', dropped: 0 },
    ]);
  });

  it('has sockets by address and port', () => {
    const sockets = socketsIn(
      [
        'udp   UNCONN 0      0            0.0.0.0:8472       0.0.0.0:*          ',
        'udp   UNCONN 0      0      127.0.0.53%lo:53         0.0.0.0:*          ',
        'tcp   LISTEN 0      128             [::]:22            [::]:*          ',
        'tcp   ESTAB  0      0           10.0.0.1:443       10.0.0.2:40000      ',
      ].join('\n'),
    );
    expect(
      sockets.map(({ protocol, state, address, port, peer }) => [protocol, state, address, port, peer]),
    ).to.deep.equal([
      ['udp', 'UNCONN', '0.0.0.0', 8472, '0.0.0.0:*'],
      ['udp', 'UNCONN', '127.0.0.53%lo', 53, '0.0.0.0:*'],
      ['tcp', 'LISTEN', '[::]', 22, '[::]:*'],
      ['tcp', 'ESTAB', '10.0.0.1', 443, '10.0.0.2:40000'],
    ]);
  });

  it('has settings by the names that sysctl has for them', () => {
    const printed = [
      '/proc/sys/net/ipv4/conf/eth0.10/rp_filter:1',
      '/proc/sys/net/ipv4/ip_local_port_range:32768\t60999',
      '/proc/net/ip_tables_names:filter',
    ].join('\n');
    expect(sysctlsIn(printed)).to.deep.equal({
      'net.ipv4.conf.eth0/10.rp_filter': '1',
      'net.ipv4.ip_local_port_range': '32768\t60999',
    });
    expect(legacyTablesIn(printed)).to.deep.equal(['filter']);
    expect(sysctlName('net/ipv4/conf/eth0.10/rp_filter')).to.equal('net.ipv4.conf.eth0/10.rp_filter');
  });

  it('has interfaces with their kind, their master and their addresses', () => {
    const link = {
      ifindex: 4,
      link: 'eth0',
      ifname: 'vlan5',
      flags: ['UP'],
      mtu: 1400,
      operstate: 'UP',
      address: '02:00:00:00:00:01',
      master: 'br0',
      linkinfo: {
        info_kind: 'vlan',
        info_data: { id: 5 },
        info_slave_kind: 'bridge',
        info_slave_data: { hairpin: true },
      },
      addr_info: [
        { family: 'inet', local: '10.0.0.1', address: '10.0.0.2', prefixlen: 32, scope: 'global' },
        { family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link' },
      ],
    };
    expect(linksIn(JSON.stringify([{}, link]))).to.deep.equal([
      {
        index: 4,
        name: 'vlan5',
        flags: ['UP'],
        mtu: 1400,
        operstate: 'UP',
        mac: '02:00:00:00:00:01',
        link: 'eth0',
        master: 'br0',
        kind: 'vlan',
        data: { id: 5 },
        masterKind: 'bridge',
        portData: { hairpin: true },
        addresses: [
          { address: '10.0.0.1', prefixLength: 32, peer: '10.0.0.2', scope: 'global' },
          { address: 'fe80::1', prefixLength: 64, scope: 'link' },
        ],
      },
    ]);
    expect(linksIn('')).to.deep.equal([]);
  });

  it('has the daemons of the place, each once', () => {
    const daemon = (place: string, name: string) => ({ place, name, log: '', start: '', awaits: [] });
    const own = daemonsOfPlace([daemon('a', 'bird'), daemon('b', 'etcd'), daemon('a', 'bird')], 'a');
    expect(own.map(({ name }) => name)).to.deep.equal(['bird']);
    expect(daemonsIn(own, 'bird has ended:\nbird runs no more\n')).to.deep.equal([{ name: 'bird', runs: false }]);
    expect(daemonsIn(own, 'bird runs\n')).to.deep.equal([{ name: 'bird', runs: true }]);
    const stopped = [{ name: 'bird', runs: true, isStopped: true }];
    expect(daemonsIn(own, 'bird runs\nbird is stopped\n')).to.deep.equal(stopped);
  });
});

describe('a rule set', () => {
  it('is read without handles, and with the handle of each rule by its place in its chain', () => {
    const printed =
      'table ip f { # handle 1\n\tchain c { # handle 1\n\t\ttype filter hook input priority filter; policy accept;\n' +
      '\t\tcounter drop # handle 7\n\t\tip saddr { 10.0.0.1,\n\t\t\t10.0.0.2 } accept # handle 9\n\t}\n}\n';
    const { ruleset, handles } = rulesetIn(printed);
    expect(handles).to.deep.equal({ 'ip f c 1': '7', 'ip f c 2': '9' });
    expect(ruleset).to.equal(printed.replaceAll(/ # handle \d/g, '').trimEnd());
  });
});
