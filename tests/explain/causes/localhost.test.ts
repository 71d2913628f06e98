import { expect } from 'chai';
import { ip, tcp } from '../../../src/index.ts';
import type { Passage } from '../../../src/judge/observation.ts';
import { causes, type Loss, state } from './loss.ts';

const headers = [ip({ src: '127.0.0.1', dst: '127.0.0.1' }), tcp({ src: 5, dst: 8080 })] as never;

/** n calls itself at 127.0.0.1, OUTPUT translates that to a pod’s address, and it is not seen any more. */
const told = (
  sysctls: Record<string, string>,
  { src = '127.0.0.1', device = 'cni0', ...more }: Partial<Loss> & { src?: string; device?: string } = {},
) => {
  const passage = {
    kind: 'passage',
    part: 'request',
    place: 'n',
    family: 'ip',
    table: 'nat',
    chain: 'OUTPUT',
    hook: 'output',
    chains: [],
    ending: { verdict: 'dnat', to: '10.42.1.3:80' },
    ip: { src, dst: '127.0.0.1', ttl: 64, id: 1, protocol: 6 },
    order: 0,
  } as Passage;
  const lookup = { place: 'n', command: 'ip route get 10.42.1.3', output: '', ok: true, device };
  const site = { place: 'n', headers };
  return causes({
    way: [],
    now: { n: state({ sysctls }) },
    site,
    passages: [passage],
    lookups: [lookup],
    ...more,
  }).filter(({ cause }) => cause === 'route_localnet off');
};

const off = { 'net.ipv4.conf.all.route_localnet': '0', 'net.ipv4.conf.cni0.route_localnet': '0' };

describe('A packet from 127.0.0.1 that is translated to an address elsewhere', () => {
  it('is told not to leave by an interface whose route_localnet is 0, as is that of all', () => {
    expect(told(off)[0]).to.deep.include({
      place: 'n',
      confidence: 'certain',
      sentence: 'n does not route what comes from 127.0.0.1 out by cni0 (net.ipv4.conf.cni0.route_localnet = 0)',
      fix: { place: 'n', command: 'sysctl -w net.ipv4.conf.cni0.route_localnet=1' },
    });
  });

  it('is not, where one of the two is 1, it stays within lo, or it is from another address', () => {
    expect(told({ ...off, 'net.ipv4.conf.all.route_localnet': '1' })).to.deep.equal([]);
    expect(told({ ...off, 'net.ipv4.conf.cni0.route_localnet': '1' })).to.deep.equal([]);
    expect(told(off, { device: 'lo' })).to.deep.equal([]);
    expect(told(off, { src: '10.42.1.1' })).to.deep.equal([]);
    expect(told({})).to.deep.equal([]);
  });
});
