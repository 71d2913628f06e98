import { expect } from 'chai';
import type { Node, Task } from '../../../src/runtime/swarm/became.ts';
import { portsOf, startServers } from '../../../src/runtime/swarm/servers.ts';
import type { Session } from '../../../src/runtime/swarm/session.ts';

const node = (ID: string, more: Partial<Node> = {}): Node => ({
  ID,
  Spec: { Availability: 'active' },
  Description: { Hostname: ID, Resources: { NanoCPUs: 2e9 }, Engine: { EngineVersion: '20.10.24' } },
  Status: { State: 'ready', Addr: '10.0.0.1' },
  ...more,
});

const task = (NodeID: string, State: string, PublishedPort?: number, Err?: string): Task => ({
  ...{ ID: NodeID, ServiceID: 's', NodeID },
  Status: { State, ...(Err && { Err }), ...(PublishedPort && { PortStatus: { Ports: [{ PublishedPort }] } }) },
});

const machines = [node('one'), node('two')];

describe('The SSH servers of a swarm', () => {
  const cases: [string, Task[], Node[], unknown][] = [
    ['are awaited', [task('one', 'running', 32768), task('two', 'starting')], machines, undefined],
    ['are awaited where no task has a machine yet', [], machines, undefined],
    [
      'are up once each has its port, in the order of their machines',
      [task('two', 'running', 32769), task('one', 'running', 32768)],
      machines,
      [32768, 32769],
    ],
    [
      'are none where a machine does not start its own',
      [task('one', 'running', 32768), task('two', 'rejected', 0, 'no room')],
      machines,
      { is: 'lost', why: 'two (10.0.0.1): no room' },
    ],
    [
      'are none where one has ended',
      [task('one', 'running', 32768), task('two', 'complete')],
      machines,
      { is: 'lost', why: 'two (10.0.0.1): its server has ended' },
    ],
    [
      'are none where a machine vanishes',
      [task('one', 'running', 32768), task('two', 'running', 32769)],
      [node('one'), node('two', { Status: { State: 'down' } })],
      { is: 'lost', why: 'two (10.0.0.1): it vanished' },
    ],
  ];
  for (const [what, tasks, nodes, ports] of cases)
    it(what, () => expect(portsOf(machines, tasks, nodes)).to.deep.equal(ports));

  it('are logged into at their machines’ addresses, with keys that no one else was shown', async () => {
    const orders: Parameters<Session['carryOut']>[0][] = [];
    const session = {
      carryOut: async (order: (typeof orders)[number], _: unknown, read: (ports: number[]) => Promise<void>) => {
        orders.push(order);
        await read([32768, 32769, 32770]);
        return [];
      },
    } as unknown as Session;
    const over = new AbortController();
    const listening = { State: 'ready', Addr: '0.0.0.0' } as const;
    const logins = await startServers(session, {
      image: 'sha256:abc',
      machines: [
        node('one'),
        node('two', { Status: listening, ManagerStatus: { Addr: '10.0.0.2:2377' } }),
        node('three', { Status: listening, ManagerStatus: { Addr: '[fd00::3]:2377' } }),
      ],
      without: [],
      signal: over.signal,
    });
    over.abort();
    expect(logins.map(({ name, host, port }) => `${name} ${host} ${port}`)).to.deep.equal([
      'one 10.0.0.1 32768',
      'two 10.0.0.2 32769',
      'three fd00::3 32770',
    ]);
    const { secrets = {}, ...rest } = orders[0]!;
    const key = secrets['/run/secrets/host_key']!;
    const shown = Buffer.concat([key.subarray(0, 15), Buffer.from([0, 0, 0, 32]), key.subarray(-32)]);
    for (const { isHostKey, privateKey } of logins) {
      expect([isHostKey!(shown), isHostKey!(Buffer.alloc(51))]).to.deep.equal([true, false]);
      expect(JSON.stringify(rest)).not.to.include(privateKey!.split('\n')[1]);
    }
    expect(JSON.stringify(rest)).not.to.match(/ssh-ed25519|AAAA/);
  });
});
