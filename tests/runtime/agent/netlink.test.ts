import { expect } from 'chai';
import { interfaces } from '../../../src/runtime/agent/netlink.ts';
import { needsNamespaces, stand, twoHosts } from '../../stand.ts';

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

/** struct rtattr: length and type of 16 bits each, then the value. */
function attribute(type: number, value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(`${value}\0`) : value;
  const head = Buffer.alloc(4);
  head.writeUInt16LE(4 + bytes.length);
  head.writeUInt16LE(type, 2);
  return padded(Buffer.concat([head, bytes]));
}

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** struct nlmsghdr, struct ifinfomsg, and attributes. */
function message({ type = 16, hardwareType = 1, index = 1, flags = 0 }, ...attributes: Buffer[]): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt16LE(type, 4);
  head.writeUInt16LE(hardwareType, 18);
  head.writeUInt32LE(index, 20);
  head.writeUInt32LE(flags, 24);
  const bytes = Buffer.concat([head, ...attributes]);
  bytes.writeUInt32LE(bytes.length);
  return bytes;
}

/** An interface as `ip -j -d link` shows it. */
interface Shown {
  ifindex: number;
  ifname: string;
  address: string;
  flags: string[];
  operstate: string;
  mtu: number;
  link?: string;
  link_index?: number;
  link_netnsid?: number;
  master?: string;
  linkinfo?: { info_kind?: string; info_slave_kind?: string; info_slave_data?: { state: string } };
}

const portStates = ['disabled', 'listening', 'learning', 'forwarding', 'blocking'];

/** What is shown of an interface, one of a list, in our own words. */
const shownAs = (list: Shown[]) => (each: Shown) => {
  const indexOf = (name: string | undefined) => list.find(({ ifname }) => ifname === name)?.ifindex;
  const link = each.link_index ?? indexOf(each.link);
  const { info_kind: kind, info_slave_kind: masterKind, info_slave_data: port } = each.linkinfo ?? {};
  return {
    ...{ index: each.ifindex, name: each.ifname, address: each.address, mtu: each.mtu },
    ...{ isOn: each.flags.includes('UP'), isUp: each.operstate === 'UP', hasCarrier: each.flags.includes('LOWER_UP') },
    ...{ isRunning: !each.flags.includes('NO-CARRIER') && each.flags.includes('UP') },
    ...(kind && { kind }),
    ...(link && { link: { index: link, ...(each.link_netnsid !== undefined && { netnsid: each.link_netnsid }) } }),
    ...(each.master && { master: indexOf(each.master) }),
    ...(masterKind && { masterKind }),
    ...(port && { portState: portStates.indexOf(port.state) }),
  };
};

describe('interfaces', () => {
  it('are read from the messages of rtnetlink', () => {
    const port = message(
      { index: 7, flags: 0x10041 },
      attribute(3, 'vethA'),
      attribute(1, Buffer.from('0242ac110002', 'hex')),
      attribute(4, u32(1450)),
      attribute(5, u32(7)),
      attribute(37, u32(3)),
      attribute(10, u32(2)),
      attribute(16, Buffer.from([6])),
      attribute(
        18 | 0x8000,
        Buffer.concat([
          ...[attribute(1, 'veth'), attribute(4, 'bridge')],
          attribute(5 | 0x8000, attribute(1, Buffer.from([3]))),
        ]),
      ),
    );
    const tunnel = message({ index: 8, hardwareType: 768 }, attribute(3, 'tunl0'), attribute(16, Buffer.from([2])));
    expect(interfaces(Buffer.concat([port, tunnel, message({ type: 3 })]))).to.deep.equal([
      {
        ...{ index: 7, name: 'vethA', hardwareType: 1, address: '02:42:ac:11:00:02' },
        ...{ isOn: true, isUp: true, isRunning: true, hasCarrier: true, mtu: 1450 },
        ...{ kind: 'veth', link: { index: 7, netnsid: 3 }, master: 2, masterKind: 'bridge', portState: 3 },
      },
      {
        ...{ index: 8, name: 'tunl0', hardwareType: 768, address: '' },
        ...{ isOn: false, isUp: false, isRunning: false, hasCarrier: false, mtu: 0 },
      },
    ]);
  });

  it('stand on nothing where the kernel names themselves, or 0', () => {
    const on = (...attributes: Buffer[]) => interfaces(message({ index: 7 }, ...attributes))[0]!.link;
    expect(on()).to.equal(undefined);
    expect(on(attribute(5, u32(0)))).to.equal(undefined);
    expect(on(attribute(5, u32(7)))).to.equal(undefined);
    expect(on(attribute(5, u32(8)))).to.deep.equal({ index: 8 });
    expect(on(attribute(5, u32(7)), attribute(37, u32(0)))).to.deep.equal({ index: 7, netnsid: 0 });
  });

  it('are ports of a bridge alone: another master’s data are its own', () => {
    const info = (master: string) =>
      attribute(18, Buffer.concat([attribute(4, master), attribute(5, attribute(1, Buffer.from([1])))]));
    expect(interfaces(message({}, info('bridge')))[0]).to.include({ masterKind: 'bridge', portState: 1 });
    expect(interfaces(message({}, info('bond')))[0]).to.not.have.property('portState');
  });

  it('are bonds that look at their ports after some time, and ports that one took for up or down', () => {
    const bond = attribute(18, Buffer.concat([attribute(1, 'bond'), attribute(2, attribute(3, u32(50)))]));
    const card = attribute(18, Buffer.concat([attribute(4, 'bond'), attribute(5, attribute(2, Buffer.from([2])))]));
    expect(interfaces(message({}, bond))[0]).to.include({ kind: 'bond', miimon: 50 });
    expect(interfaces(message({}, card))[0]).to.include({ masterKind: 'bond', miiStatus: 2 });
  });

  it('are those before a message that is cut off', () => {
    const whole = Buffer.concat([message({}, attribute(3, 'one')), message({ index: 2 }, attribute(3, 'two'))]);
    for (let length = 0; length < whole.length; length++)
      expect(interfaces(whole.subarray(0, length)).length).to.be.lessThan(2);
  });

  it('are those that ip shows', async function () {
    needsNamespaces(this);
    await using lab = await stand(twoHosts());
    await lab.runtime.run('a', [
      'ip link add br0 type bridge',
      'ip link set br0 up',
      'ip link add p type veth peer name q',
      'ip link set p mtu 1400 master br0 up',
      'ip link set q up',
      'ip link add on-q link q type macvlan',
    ]);
    const up = (device: string) => `until ip link show ${device} | grep -q 'state UP'; do sleep 0.01; done`;
    await lab.runtime.script('a', ['br0', 'p', 'q', 'eth0'].map(up).join('; '));
    const { stdout } = await lab.runtime.run('a', ['ip -j -d link']);
    const shown = (JSON.parse(stdout) as Shown[]).map(shownAs(JSON.parse(stdout)));
    const found = (await lab.runtime.interfaces(['a'])).get('a')!;
    expect(found.map(({ hardwareType: _, ...each }) => each)).to.deep.equal(shown);
    expect(found.find(({ name }) => name === 'p')).to.include({ kind: 'veth', portState: 3, hasCarrier: true });
    expect(found.find(({ name }) => name === 'eth0')!.link).to.have.keys('index', 'netnsid');
  });
});
