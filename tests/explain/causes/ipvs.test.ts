import { expect } from 'chai';
import { virtualServersIn } from '../../../src/explain/virtual-servers.ts';
import { ether, ip, tcp } from '../../../src/index.ts';
import { causes, link, sighting, state } from './loss.ts';

const listed = (real: string) => `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  64425098:18EB rr${real}
UDP  AC144306:7B09 wlc persistent 300
  -> 64600202:0050      Masq    1      0          0`;

const ONE = '\n  -> 64600402:18EB      Masq    1      0          0';

const lost = (addresses: string[], real: string) =>
  causes({
    way: [
      sighting('n:in', 'in', [
        ether({}),
        ip({ src: '10.77.1.5', dst: '100.66.80.152', ttl: 63, protocol: 6 }),
        tcp({ src: 4001, dst: 6379 }),
      ]),
    ],
    now: {
      n: state({ links: [link('in', { addresses })], routes: '10.77.1.0/24 dev in' }),
    },
    virtualServers: new Map([['n', virtualServersIn(listed(real))]]),
  });

describe('A call to a virtual server of IPVS', () => {
  it('has servers as the kernel lists them', () => {
    expect(virtualServersIn(listed(ONE))).to.deep.equal([
      { protocol: 'tcp', address: '100.66.80.152', port: 6379, real: ['100.96.4.2:6379'] },
      { protocol: 'udp', address: '172.20.67.6', port: 31497, real: ['100.96.2.2:80'] },
    ]);
    expect(virtualServersIn('')).to.deep.equal([]);
  });

  it('is lost where no interface has its address', () => {
    const [first, ...more] = lost(['10.77.1.1/24'], ONE);
    expect(first).to.include({ cause: 'address missing', confidence: 'certain', place: 'n' });
    expect(first?.sentence).to.include('tcp 100.66.80.152:6379');
    expect(more.map(({ cause }) => cause)).not.to.include('no route');
  });

  it('is refused where it has no real server, and is not told where it has one', () => {
    const own = ['10.77.1.1/24', '100.66.80.152/32'];
    const [first, ...more] = lost(own, '');
    expect(first).to.include({ cause: 'no real server', confidence: 'certain', place: 'n' });
    expect(more.map(({ cause }) => cause)).not.to.include('no socket');
    expect(lost(own, ONE).map(({ cause }) => cause)).not.to.include.members(['no real server']);
  });
});
