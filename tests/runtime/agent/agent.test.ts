import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { type Agent, connect } from '../../../src/runtime/agent/agent.ts';
import { agentFile } from '../../../src/runtime/agent/start.ts';

const sh = (script: string, stdin?: string) => ({ argv: ['sh', '-c', script], ...(stdin !== undefined && { stdin }) });

const alive = (pid: string) => {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid.trim()}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

/** A message as the agent reads it: a list of strings, each after its length, and the whole after its own. */
function message(...words: string[]): Buffer {
  const counted = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  return counted(Buffer.concat(words.map((word) => counted(Buffer.from(word)))));
}

/** The sentence with which a request is refused. */
const refusal = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => expect.fail('it was not refused'),
    (error: Error) => error.message,
  );

describe('the agent', () => {
  let child: ChildProcessWithoutNullStreams;
  let agent: Agent;
  let asked: number;

  beforeEach(() => {
    asked = 0;
    child = spawn('perl', [agentFile, 'test'], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stderr.on('data', () => {});
    const connected = connect(child.stdin, child.stdout, 'this machine');
    child.on('close', (code, signal) => connected.end(new Error(`ended by ${signal ?? code}`)));
    agent = connected;
  });

  afterEach(async () => {
    child.stdin.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  });

  it('runs a command and tells its exit code, its output and its complaints', async () => {
    expect(await agent.run('', [sh('echo out; echo err >&2; exit 3')])).to.deep.equal({
      group: 0,
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('runs commands in order until one fails, and tells which', async () => {
    const ran = await agent.run('', [sh('echo one'), sh('echo two; false'), sh('echo three')]);
    expect(ran).to.deep.equal({ group: 1, code: 1, stdout: 'one\ntwo\n', stderr: '' });
    expect((await agent.run('', [sh('true'), sh('true'), sh('exit 7')])).group).to.equal(2);
  });

  it('does nothing, and well, when there is nothing to run', async () => {
    expect(await agent.run('', [])).to.deep.equal({ group: 0, code: 0, stdout: '', stderr: '' });
  });

  it('gives a command what it is to read, byte for byte, and an empty input where there is none', async () => {
    const text = `${'ü€\0'.repeat(100_000)}end`;
    expect((await agent.run('', [{ argv: ['cat'], stdin: text }])).stdout).to.equal(text);
    expect((await agent.run('', [{ argv: ['cat'] }])).stdout).to.equal('');
  });

  it('does not lose its place over binary output', async () => {
    const every = "perl -e 'binmode STDOUT; print map { chr } 0 .. 255'";
    const { stdout, code } = await agent.run('', [sh(every)]);
    expect(code).to.equal(0);
    expect(stdout.slice(0, 128)).to.equal(String.fromCharCode(...Array.from({ length: 128 }, (_, i) => i)));
    expect((await agent.run('', [sh('echo still here')])).stdout).to.equal('still here\n');
  });

  it('hands over a megabyte of output whole, and as much of complaints', async () => {
    const { stdout, stderr } = await agent.run('', [
      sh("head -c 1000000 /dev/zero | tr '\\0' a; head -c 1000000 /dev/zero | tr '\\0' b >&2"),
    ]);
    expect(stdout).to.equal('a'.repeat(1_000_000));
    expect(stderr).to.equal('b'.repeat(1_000_000));
  });

  it('runs twenty commands at once, and mixes none of them up', async () => {
    const ran = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        agent.run('', [sh(`head -c ${i * 10_000} /dev/zero | tr '\\0' x; exit ${i}`)]),
      ),
    );
    expect(ran.map(({ code }) => code)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i));
    expect(ran.map(({ stdout }) => stdout.length)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i * 10_000));
  });

  it('has them truly run at once: one can wait for another', async () => {
    const { stdout: pipe } = await agent.run('', [sh('d=$(mktemp -d); mkfifo $d/pipe; printf $d/pipe')]);
    const [reader] = await Promise.all([
      agent.run('', [sh(`cat ${pipe}`)]),
      agent.run('', [sh(`echo hello > ${pipe}`)]),
    ]);
    expect(reader.stdout).to.equal('hello\n');
    await agent.run('', [sh(`rm -r $(dirname ${pipe})`)]);
  });

  it('refuses what it does not know, in a sentence', async () => {
    expect(await refusal(agent.ask('dance'))).to.equal('there is no request dance');
    expect(await refusal(agent.run('nowhere', [sh('true')]))).to.equal('no place nowhere');
    expect(await refusal(agent.listen(['nowhere'], 1 << 20))).to.equal('no place nowhere');
    expect(await refusal(agent.ask('place', 'a', '', '', '', '/run/netns/none'))).to.match(
      /^cannot open \/run\/netns\/none: /,
    );
    expect((await agent.run('', [sh('echo still here')])).stdout).to.equal('still here\n');
  });

  it('tells of a command that does not exist as a shell does', async () => {
    const ran = await agent.run('', [{ argv: ['no-such-command', 'x'] }]);
    expect(ran.code).to.equal(127);
    expect(ran.stderr).to.equal('no-such-command: No such file or directory\n');
    expect((await agent.run('', [{ argv: ['/etc/passwd'] }])).code).to.be.oneOf([126, 127]);
  });

  describe('with a command that does not end', () => {
    it('kills it in time, and says so as a shell does: 137', async () => {
      const ran = await agent.run('', [sh('echo before; sleep 1000; echo after')], { timeoutMs: 1000 });
      expect(ran.stdout).to.equal('before\n');
      expect((await agent.run('', [sh('sleep 1000')], { timeoutMs: 50 })).code).to.equal(137);
      expect(await agent.run('', [sh('true'), sh('sleep 1000'), sh('true')], { timeoutMs: 1000 })).to.include({
        group: 1,
        code: 137,
      });
    });

    it('kills it however early', async () => {
      const running = Array.from({ length: 20 }, () => {
        const answer = agent.ask('run', '', ['sleep', '1000'].join('\0'), '');
        child.stdin.write(message('signal', String(asked++), 'KILL'));
        return answer;
      });
      expect((await Promise.all(running)).map(([, code]) => String(code))).to.deep.equal(running.map(() => '137'));
    });

    it('kills all that it started', async () => {
      const ran = await agent.run('', [sh('sleep 1000 & echo $!; wait')], { timeoutMs: 1000 });
      expect(ran.code).to.equal(137);
      expect(ran.stdout).to.match(/^\d+$/m);
      while (alive(ran.stdout)) await new Promise((resolve) => setTimeout(resolve, 5));
    });

    it('listens to others while it never stops talking', async () => {
      const talking = agent.run('', [sh('yes')], { timeoutMs: 500 });
      for (let i = 0; i < 20; i++) expect((await agent.run('', [sh('echo hello')])).stdout).to.equal('hello\n');
      const { code, stdout } = await talking;
      expect(code).to.equal(137);
      expect(stdout.slice(0, 4)).to.equal('y\ny\n');
    });

    it('stops it when it has said 16 MB', async () => {
      const { code, stdout } = await agent.run('', [sh('yes')]);
      expect(code).to.equal(137);
      expect(stdout.length).to.be.within(16 << 20, 17 << 20);
    });

    it('ends when the other end hangs up, though the command never stops talking', async () => {
      agent.run('', [sh('yes')]).catch(() => {});
      expect((await agent.run('', [sh('echo it talks')])).stdout).to.equal('it talks\n');
      child.stdin.end();
      await once(child, 'close');
    });

    it('leaves no timer behind when it ends first', async () => {
      const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
      await agent.run('', []);
      const before = timers();
      const running = refusal(agent.run('', [sh('while echo; do sleep 0.05; done')], { timeoutMs: 600_000 }));
      expect(timers()).to.equal(before + 1);
      child.kill('SIGKILL');
      expect(await running).to.equal('ended by SIGKILL');
      expect(timers()).to.equal(before);
    });
  });

  describe('with a child that a command leaves behind', () => {
    it('does not wait for it, though it keeps the output open', async () => {
      const ran = await agent.run('', [sh('sleep 1000 & echo $!')]);
      expect(ran.code).to.equal(0);
      expect(alive(ran.stdout)).to.equal(true);
      process.kill(Number(ran.stdout));
    });

    it('does not wait for it, though it never stops talking', async () => {
      const ran = await agent.run('', [sh('(echo $BASHPID; exec yes) & echo left $!')]);
      expect(ran.code).to.equal(0);
      const pid = /left (\d+)/.exec(ran.stdout)?.[1];
      expect((await agent.run('', [sh('echo still here')])).stdout).to.equal('still here\n');
      if (pid && alive(pid)) process.kill(Number(pid));
    });

    it('gives back all that was said before the command ended', async () => {
      const ran = await agent.run('', [sh("sleep 1000 & echo $! >&2; head -c 60000 /dev/zero | tr '\\0' a")]);
      process.kill(Number(ran.stderr));
      expect(ran.stdout).to.have.length(60_000);
    });
  });
});

describe('an agent of another version', () => {
  const first = async (...words: string[]) => {
    const output = new PassThrough();
    const agent = connect(new PassThrough().resume(), output, 'node1');
    const asked = agent.run('', []);
    output.write(message(...words));
    const sentence = await refusal(asked);
    expect(await refusal(agent.ask('drain'))).to.equal(sentence);
    expect(await refusal(agent.lost)).to.equal(sentence);
    return sentence;
  };

  it('is refused, and whatever it is asked, with what to do', async () => {
    expect(await first('speaks', '1')).to.match(
      /^the agent on node1 speaks version 1, this packetwalk \d+: take the lab down and up again$/,
    );
  });

  it('is one that does not say which it is', async () => {
    expect(await first('ok', '0')).to.match(/^the agent on node1 speaks no version, this packetwalk \d+: /);
  });
});
