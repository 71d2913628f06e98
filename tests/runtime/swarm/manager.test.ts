import { expect } from 'chai';
import type { Node } from '../../../src/runtime/swarm/became.ts';
import { isAtLeast, whyNoManager, working } from '../../../src/runtime/swarm/manager.ts';

const at = 'unix:///run/docker.sock';

const node = (Hostname: string, more: Partial<Node> & { version?: string } = {}): Node => ({
  ID: Hostname,
  Spec: { Availability: 'active' },
  Description: { Hostname, Resources: { NanoCPUs: 2e9 }, Engine: { EngineVersion: more.version ?? '20.10.24+dfsg1' } },
  Status: { State: 'ready' },
  ...more,
});

describe('The manager of a swarm', () => {
  it('is an engine that can give tasks', () => {
    expect(whyNoManager({ LocalNodeState: 'active', ControlAvailable: true }, '1.41', at)).to.equal(undefined);
  });

  const cases: [string, Parameters<typeof whyNoManager>[0], string, RegExp][] = [
    ['in no swarm', { LocalNodeState: 'inactive' }, '1.41', /is in no swarm\nType: docker swarm init\n/],
    ['of no kind that knows of swarms', {}, '1.41', /is in no swarm/],
    ['locked', { LocalNodeState: 'locked' }, '1.41', /is locked\nType: docker swarm unlock$/],
    [
      'broken',
      { LocalNodeState: 'error', Error: 'certificate has expired' },
      '1.41',
      /certificate has expired\nType: docker info$/,
    ],
    [
      'a worker',
      { LocalNodeState: 'active', ControlAvailable: false, RemoteManagers: [{ Addr: '10.0.0.1:2377' }] },
      '1.41',
      /is a worker of its swarm, .*\nSet DOCKER_HOST to a manager: ssh:\/\/10\.0\.0\.1\.$/,
    ],
    [
      'too old',
      { LocalNodeState: 'active', ControlAvailable: true },
      '1.40',
      /is too old: it speaks version 1\.40 .*\nInstall Docker 20\.10 or later there\.$/,
    ],
  ];
  for (const [what, info, api, says] of cases)
    it(`is none that is ${what}: it says what to type`, () => {
      const lines = whyNoManager(info, api, at)!;
      expect(lines.join('\n')).to.match(says);
      expect(lines[0]).to.contain(`the engine at ${at}`);
    });

  it('is told apart by version, number by number', () => {
    for (const version of ['20.10', '20.10.1', '20.10.24+dfsg1', '20.11', '28.0'])
      expect(isAtLeast(version, '20.10'), version).to.equal(true);
    for (const version of ['20.9', '19.03.15', '1.41', '20'])
      expect(isAtLeast(version, '20.10'), version).to.equal(false);
  });
});

describe('The machines of a swarm', () => {
  it('are those that take tasks, by their names', () => {
    const idle = [
      node('drained', { Spec: { Availability: 'drain' } }),
      node('down', { Status: { State: 'down' } }),
      { ...node('windows'), Description: { ...node('windows').Description, Platform: { OS: 'windows' } } },
    ];
    expect(working([node('two'), ...idle, node('one')]).map(({ ID }) => ID)).to.deep.equal(['one', 'two']);
    expect(() => working(idle)).to.throw('no machine of the swarm takes tasks');
  });

  it('are refused where one of them has an engine that is too old, with its name', () => {
    expect(() => working([node('one'), node('old', { version: '19.03.15' })])).to.throw(
      /^old has Docker 19\.03\.15, .*: 20\.10 or later does\nOr leave it out: docker node update --availability drain old$/,
    );
  });
});
