import { expect } from 'chai';
import { at, ip, protocol, send, udp, vxlan } from '../../src/index.ts';
import { plan } from '../../src/plan/plan.ts';
import { protocolsOf } from '../../src/plan/registry.ts';

const toy = (carriedBy: Record<string, number[]> = { udp: [7777] }, id = 'toy') =>
  protocol<{ kind: number }>(id, {
    carriedBy,
    brief: ['kind'],
    decode: (bytes) =>
      bytes.length
        ? { fields: { kind: bytes.readUInt8(0) }, payload: bytes.subarray(1) }
        : { malformed: 'it is empty' },
  });

const lab = (own: object) => ({
  title: 'A protocol of its own',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: {},
  walks: {
    'a to b': {
      send: send('a', 'bash -c "echo hello > /dev/udp/10.0.0.2/7777"'),
      request: [at('a:eth0', 'It leaves', ip({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ dst: 7777 }))],
    },
  },
  ...own,
});

const problems = (own: object): string => {
  try {
    plan(lab(own), 'own');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('A lab’s own protocols', () => {
  it('are in its plan, not in what is written of it, and stay in copies', () => {
    const planned = plan(lab({ protocols: [toy()] }), 'own');
    expect(protocolsOf({ ...planned }).known.has('toy')).to.equal(true);
    expect(JSON.stringify(planned)).not.to.contain('toy');
    expect(protocolsOf(plan(lab({}), 'own')).known.has('toy')).to.equal(false);
  });

  const wrong: [what: string, own: object, says: string | RegExp][] = [
    ['what is none', { protocols: ['toy'] }, 'protocols.0: must be a protocol, made by protocol(…)'],
    ['what is none in the table', { decode: { udp: { 7777: {} } } }, 'decode.udp.7777: must be a protocol'],
    [
      'a carrier that there is not',
      { decode: { udpp: { 7777: toy() } } },
      'no protocol udpp that carries it. Did you mean udp?',
    ],
    [
      'a port that there is not',
      { decode: { udp: { 70000: toy() } } },
      'udp has no number 70000: they go from 0 to 65535',
    ],
    ['a number that is taken', { protocols: [toy({ udp: [8472] })] }, 'udp 8472 is vxlan already'],
    ['two of one name', { protocols: [toy(), toy()] }, 'two protocols are called toy'],
    [
      'one that throws, with its line',
      {
        protocols: [
          protocol<{ kind: number }>('hasty', {
            carriedBy: { udp: [7777] },
            brief: [],
            decode: (bytes) => ({ fields: { kind: bytes.readUInt32BE(0) }, payload: bytes.subarray(4) }),
          }),
        ],
      },
      /protocols\[0\]: hasty, given 0 bytes, is at fault: its decode threw .*\(.*protocols\.test\.ts:\d+:\d+\)/,
    ],
  ];
  for (const [what, own, says] of wrong)
    it(`are refused: ${what}`, () => {
      if (typeof says === 'string') expect(problems(own)).to.contain(says);
      else expect(problems(own)).to.match(says);
    });

  it('may have another’s number where the table says so, and may be one of packetwalk’s', () => {
    expect(problems({ protocols: [toy({ udp: [8472] })], decode: { udp: { 8472: toy } } })).not.to.equal('');
    const own = toy({ udp: [8472] });
    expect(problems({ protocols: [own], decode: { udp: { 8472: own } } })).to.equal('');
    expect(problems({ decode: { udp: { 9999: vxlan } } })).to.equal('');
  });
});
