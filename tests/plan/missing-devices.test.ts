import { expect } from 'chai';
import { at, icmp, ip, send } from '../../src/index.ts';
import { missingDevices } from '../../src/plan/missing-devices.ts';
import { plan } from '../../src/plan/plan.ts';
import { spoilt } from '../small-lab.ts';

const ping = [ip({ dst: '10.0.0.2' }), icmp({ type: 'echo request' })];
const there = new Set(['a:lo', 'a:eth0', 'b:lo', 'b:eth0', 'b:veth', 'b:cali123']);
const exists = (place: string, device: string) => there.has(`${place}:${device}`);
const planned = (device: string, command = 'ping -c 1 10.0.0.2') =>
  plan(
    spoilt(({ walks }) => {
      walks['a pings b'].request.push(at(`b:${device}` as 'b:x', 'x', ping));
      walks['a pings b'].send = send('a', command);
    }),
    'small',
  );

describe('missingDevices', () => {
  it('are none where the kernel has every interface, whoever made it', () => {
    expect(missingDevices(planned('cali123'), exists)).to.deep.equal([]);
  });

  it('name the hop, its place and the nearest one that is there', () => {
    expect(missingDevices(planned('ehh0 in'), exists)).to.deep.equal([
      "'a pings b' has a hop b:ehh0 in, but b has no interface ehh0. Did you mean eth0?",
    ]);
    expect(missingDevices(planned('cali132'), exists, () => ['lo', 'eth0', 'cali123'])).to.deep.equal([
      "'a pings b' has a hop b:cali132, but b has no interface cali132. Did you mean cali123?",
    ]);
  });

  it('spare what the walk’s own command makes', () => {
    expect(
      missingDevices(planned('tun7', 'sh -c "ip link add tun7 type dummy; ping -c 1 10.0.0.2"'), exists),
    ).to.deep.equal([]);
  });
});
