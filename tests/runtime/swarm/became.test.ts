import { expect } from 'chai';
import { became, type Node, nameOf, type Task } from '../../../src/runtime/swarm/became.ts';

const node = (ID: string, State: Node['Status']['State'] = 'ready'): Node => ({
  ID,
  Spec: { Availability: 'active' },
  Description: { Hostname: ID, Resources: { NanoCPUs: 2e9 }, Engine: { EngineVersion: '20.10.24' } },
  Status: { State, Addr: '10.0.0.1' },
});

const task = (State: string, more: Partial<Task> & { status?: Partial<Task['Status']> } = {}): Task => {
  const { status, ...rest } = more;
  return { ID: 't', ServiceID: 's', NodeID: 'one', Status: { State, ...status }, ...rest };
};

const nodes = [node('one'), node('two', 'down')];
const at = 'one (10.0.0.1)';

describe('What became of a task of a swarm', () => {
  const cases: [string, Task[], object][] = [
    ['nothing yet', [], { is: 'waiting' }],
    ['nothing, for no machine has room', [unplaced('no suitable node')], { is: 'waiting', why: 'no suitable node' }],
    ['an image is fetched', [task('preparing')], { is: 'under way', node: at, fetches: true }],
    ['it runs', [task('running')], { is: 'under way', node: at, fetches: false }],
    ['it is complete', [task('complete')], { is: 'done', node: at, task: 't' }],
    [
      'its machine would not have it',
      [task('rejected', { status: { Err: 'No such image: x' } })],
      { is: 'refused', node: at, why: 'No such image: x' },
    ],
    [
      'it was killed',
      [task('failed', { status: { Err: 'task: non-zero exit (137)', ContainerStatus: { ExitCode: 137 } } })],
      {
        is: 'refused',
        node: at,
        why: 'it was killed there, for want of memory or by somebody (task: non-zero exit (137))',
      },
    ],
    ['its machine is down', [task('running', { NodeID: 'two' })], { is: 'gone', node: 'two (10.0.0.1)' }],
    [
      'its machine has left',
      [task('running', { NodeID: 'three' })],
      { is: 'gone', node: 'a machine that has left the swarm (three)' },
    ],
    ['its machine was emptied', [task('shutdown')], { is: 'gone', node: at }],
    ['nobody knows where it is', [task('orphaned')], { is: 'gone', node: at }],
  ];
  for (const [what, tasks, how] of cases) it(what, () => expect(became(tasks, nodes)).to.deep.equal(how));

  it('is what the one that died came to, whatever the swarm has put in its place', () => {
    for (const tasks of [
      [task('failed'), task('running')],
      [unplaced(), task('failed')],
    ])
      expect(became(tasks, nodes).is).to.equal('refused');
    expect(became([task('running', { NodeID: 'two' }), unplaced()], nodes).is).to.equal('gone');
  });

  it('is done where one of them is complete', () => {
    expect(became([task('failed'), task('complete'), task('running')], nodes).is).to.equal('done');
  });

  it('happened at a machine that is told by its name and where it is', () => {
    expect(nameOf('one', [{ ...node('one'), Status: { State: 'ready', Addr: '0.0.0.0' } }])).to.equal('one');
    expect(nameOf(undefined, [])).to.equal('a machine that has left the swarm (no id)');
  });
});

function unplaced(Err?: string): Task {
  return { ID: 't', ServiceID: 's', Status: { State: 'pending', ...(Err && { Err }) } };
}
