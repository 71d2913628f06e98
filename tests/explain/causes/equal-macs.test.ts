import { expect } from 'chai';
import { causes } from './loss.ts';
import { macs, pingAt, segment, wires } from './segment.ts';

const names = (told: ReturnType<typeof causes>) => told.map(({ cause }) => cause);

describe('One MAC at two places', () => {
  const lost = (mac: string) =>
    causes({
      way: [pingAt('c1:eth0', 'out', macs.br), pingAt('h:v1', 'in', macs.br), pingAt('h:br', 'in', macs.br)],
      now: segment({
        c2Link: { mac, addresses: ['10.9.0.3/24'] },
        h: { sysctls: { 'net.ipv4.conf.br.forwarding': '0' } },
      }),
      wires,
    });

  it('is told where the other takes the frame for its own, and not that it forwards nothing', () => {
    const [first, ...more] = lost(macs.br);
    expect(first).to.include({ cause: 'equal MACs', place: 'h', confidence: 'certain' });
    expect(first?.sentence).to.include(`h:br and c2:eth0 have one MAC, ${macs.br}`);
    expect(names(more)).to.not.include('forwarding off');
    expect(names(lost(macs.c2))).to.not.include('equal MACs');
  });
});

describe('A bridge’s port that takes less than the packet has', () => {
  it('is told with its MTU', () => {
    const long = (each: ReturnType<typeof pingAt>) => ({
      ...each,
      headers: each.headers.map((header) =>
        header.protocol === 'ip' ? { ...header, fields: { ...header.fields, length: 84 } } : header,
      ),
    });
    const way = [pingAt('c1:eth0', 'out'), pingAt('h:v1', 'in')].map(long);
    const told = (mtu: number) => causes({ way, now: segment({ v2Link: { mtu } }), wires });
    expect(told(78)[0]).to.include({ cause: 'MTU too small', place: 'h' });
    expect(told(78)[0]?.sentence).to.include('its port v2 has mtu 78');
    expect(names(told(84))).to.not.include('MTU too small');
  });
});
