import { expect } from 'chai';
import { inTurn, type Task } from '../../src/commands/in-turn.ts';

/** Which tasks were under way each time that one began. */
async function begun(tasks: (Task & { name: string })[], cores: number): Promise<string[]> {
  const running = new Set<string>();
  const moments: string[] = [];
  await inTurn(tasks, cores, async ({ name }) => {
    running.add(name);
    moments.push([...running].join(' '));
    await new Promise((resolve) => setImmediate(resolve));
    running.delete(name);
  });
  return moments;
}

describe('inTurn', () => {
  it('has the first of a kind end before its next begins', async () => {
    const kind = 'docker';
    const tasks = ['a', 'b', 'c'].map((name) => ({ name, kind, cores: 1 }));
    expect(await begun(tasks, 3)).to.deep.equal(['a', 'b', 'b c']);
  });

  it('does at once what needs nothing prepared, as far as the cores go', async () => {
    const tasks = ['a', 'b', 'c'].map((name) => ({ name, cores: 1 }));
    expect((await begun(tasks, 2)).slice(0, 2)).to.deep.equal(['a', 'a b']);
  });

  it('does alone what needs more cores than there are', async () => {
    const tasks = [
      { name: 'a', cores: 2 },
      { name: 'b', cores: 1 },
    ];
    expect(await begun(tasks, 1)).to.deep.equal(['a', 'b']);
  });
});
