import { expect } from 'chai';
import type { Became, Node } from '../../../src/runtime/swarm/became.ts';
import { whatIsWrong } from '../../../src/runtime/swarm/check-machines.ts';
import type { Told } from '../../../src/runtime/swarm/told.ts';

const machine: Node = {
  ID: 'id1',
  Spec: { Availability: 'active' },
  Description: { Hostname: 'one', Resources: { NanoCPUs: 2e9 }, Engine: { EngineVersion: '20.10.24' } },
  Status: { State: 'ready', Addr: '10.0.0.1' },
};
const made = { name: 'packetwalk/task:abc', id: 'sha256:abc', isMade: true, version: '1.2.3' };
const given = { ...made, name: 'example.org/labs:1', isMade: false };
const done: Became = { is: 'done', node: 'one', task: 't' };
const told = (more: Partial<Told>): Told => ({ code: 0, killedForMemory: 0, stdout: '1.2.3\n', stderr: '', ...more });

describe('What is wrong with a machine of a swarm', () => {
  it('is nothing where labs can be run there by the same packetwalk', () => {
    expect(whatIsWrong(machine, done, told({}), made)).to.deep.equal([]);
  });

  const cases: [string, string[], RegExp][] = [
    [
      'an image that was made here is missing',
      whatIsWrong(machine, refused('No such image: sha256:abc'), undefined, made),
      /^one \(10\.0\.0\.1\) does not have the image packetwalk\/task:abc, which was made here .*\nType: docker save packetwalk\/task:abc \| ssh one docker load$/,
    ],
    [
      'an image that was given is missing',
      whatIsWrong(machine, refused('No such image: example.org/labs:1'), undefined, given),
      /does not have the image example\.org\/labs:1, and cannot fetch it .*\nType there: docker pull example\.org\/labs:1$/,
    ],
    [
      'no task can be started',
      whatIsWrong(machine, refused('invalid CapAdd'), undefined, made),
      /^one \(10\.0\.0\.1\) does not start a task: invalid CapAdd$/,
    ],
    [
      'its image has no shell',
      whatIsWrong(machine, refused('exec: "sh": executable file not found in $PATH'), undefined, given),
      /does not start a task: exec: "sh": executable file not found in \$PATH$/,
    ],
    [
      'it vanished',
      whatIsWrong(machine, { is: 'gone', node: 'one' }, undefined, made),
      /vanished .*Type: docker node ls$/,
    ],
    ['it has no log', whatIsWrong(machine, done, undefined, made), /the log of a task cannot be read there/],
    [
      'the image has no packetwalk',
      whatIsWrong(machine, done, told({ code: 127, stderr: 'sh: 3: packetwalk: not found\n' }), given),
      /example\.org\/labs:1 has no packetwalk .*\nHow such an image is made: docs\/shards\.md$/,
    ],
    [
      'the image has no SSH server',
      whatIsWrong(machine, done, told({ code: 127, stderr: 'sh: 5: dropbear: not found\n' }), given),
      /example\.org\/labs:1 has no SSH server .*\nHave dropbear installed in it\.$/,
    ],
    [
      'the image that was made here has none, for there is none here',
      whatIsWrong(machine, done, told({ code: 127, stderr: 'sh: 5: dropbear: not found\n' }), made),
      /\nIt would have the one of this machine\. Type: .*dropbear/,
    ],
    [
      'the image has another packetwalk',
      whatIsWrong(machine, done, told({ stdout: '1.0.0\n' }), given),
      /the packetwalk in example\.org\/labs:1 is 1\.0\.0, and this one 1\.2\.3\nBuild that image anew\.$/,
    ],
    [
      'mounts are forbidden',
      whatIsWrong(machine, done, told({ code: 1, stderr: 'unshare: mount /proc failed: Permission denied\n' }), made),
      /cannot run labs in packetwalk\/task:abc: unshare: mount \/proc failed: Permission denied\nAppArmor’s docker-default/,
    ],
  ];
  for (const [what, lines, says] of cases) it(`is told: ${what}`, () => expect(lines.join('\n')).to.match(says));
});

function refused(why: string): Became {
  return { is: 'refused', node: 'one', why };
}
