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

describe('interfaces', () => {
  it('are read from the messages of rtnetlink', () => {
    const port = message(
      { index: 7, flags: 1 },
      attribute(3, 'vethA'),
      attribute(1, Buffer.from('0242ac110002', 'hex')),
      attribute(16, Buffer.from([6])),
      attribute(18 | 0x8000, Buffer.concat([attribute(1, 'veth'), attribute(4, 'bridge')])),
    );
    const tunnel = message({ index: 8, hardwareType: 768 }, attribute(3, 'tunl0'), attribute(16, Buffer.from([2])));
    expect(interfaces(Buffer.concat([port, tunnel, message({ type: 3 })]))).to.deep.equal([
      {
        ...{ index: 7, name: 'vethA', hardwareType: 1, address: '02:42:ac:11:00:02' },
        ...{ isOn: true, isUp: true, partOf: 'bridge' },
      },
      { index: 8, name: 'tunl0', hardwareType: 768, address: '', isOn: false, isUp: false },
    ]);
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
      'ip link add p type veth peer name q',
      'ip link set p master br0 up',
    ]);
    const { stdout } = await lab.runtime.run('a', ['ip -j -d link']);
    const shown = JSON.parse(stdout).map(
      (each: {
        ifindex: number;
        ifname: string;
        address: string;
        flags: string[];
        operstate: string;
        linkinfo?: { info_slave_kind?: string };
      }) => ({
        ...{ index: each.ifindex, name: each.ifname, address: each.address },
        ...{ isOn: each.flags.includes('UP'), isUp: each.operstate === 'UP', partOf: each.linkinfo?.info_slave_kind },
      }),
    );
    const found = (await lab.runtime.interfaces(['a'])).get('a')!;
    expect(found.map(({ hardwareType: _, ...each }) => ({ partOf: undefined, ...each }))).to.deep.equal(shown);
  });
});
