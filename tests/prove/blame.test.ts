import { expect } from 'chai';
import { installLine } from '../../src/machine/install.ts';
import { type Absent, blame, missingProgram } from '../../src/prove/blame.ts';

const here: Absent = (command) => ['traceroute', 'birdc', 'curl'].includes(command);
const blamed = (command: string, stderr: string, code = 2) => blame({ command, stdout: '', stderr, code }, here);
const UNKNOWN_TYPE = 'Error: Unknown device type.';

describe('blame', () => {
  it('says failed of a device kind that is none, and what was probably meant', () => {
    expect(blamed('ip link add br0 up type brdige', UNKNOWN_TYPE)).to.deep.equal({
      verdict: 'failed',
      hint: 'brdige is no kind of device. Did you mean bridge?',
    });
    expect(blamed('ip link add x type qwertyuiop', UNKNOWN_TYPE).hint).to.match(
      /no kind of device\. There is .* A new one is stated: needs: \{ devices: \['qwertyuiop'\] \}$/,
    );
  });

  it('says skipped of a kind that the lab states, though nobody knows it', () => {
    const ran = { command: 'ip link add x type newkind', stdout: '', stderr: UNKNOWN_TYPE, code: 2 };
    expect(blame(ran, here, ['newkind'])).to.deep.equal({ verdict: 'skipped' });
  });

  it('says skipped of a kind that is one, since its kernel has just said that it has none of it', () => {
    expect(blamed('ip link add v type vlan id 5', UNKNOWN_TYPE)).to.deep.equal({ verdict: 'skipped' });
  });

  it('says failed where one of several kinds on a line is none, or cannot be read', () => {
    expect(blamed('ip link add a type veth; ip link add b type brdige', UNKNOWN_TYPE)).to.include({
      verdict: 'failed',
      hint: 'brdige is no kind of device. Did you mean bridge?',
    });
    expect(blamed('ip link add a type veth; ip link add b type $k', UNKNOWN_TYPE)).to.deep.equal({ verdict: 'failed' });
    expect(blamed('sh make-devices', UNKNOWN_TYPE)).to.deep.equal({ verdict: 'failed' });
  });

  it('says what switches IPv6 on, where a line needs it', () => {
    const stderr = 'Error: ipv6: IPv6 is disabled on this device.';
    expect(blamed('ip -6 addr add 2001:db8::1/64 dev eth0', stderr).hint).to.equal(
      'Places start with IPv6 off. Type before: sysctl -w net.ipv6.conf.all.disable_ipv6=0',
    );
  });

  it('says failed of anything else that is not supported', () => {
    const stderr = 'RTNETLINK answers: Operation not supported';
    expect(blamed('ip link add v type bridge nonsense 1', stderr)).to.deep.equal({ verdict: 'failed' });
    expect(blamed('false', '', 1)).to.deep.equal({ verdict: 'failed' });
  });

  it('says unknown of a known program that is not there, with what to type', () => {
    for (const command of ['traceroute', 'curl']) {
      const { verdict, hint } = blamed(`x=1; ${command} -n`, `sh: 1: ${command}: not found`, 127);
      expect(verdict).to.equal('unknown');
      expect(hint).to.match(new RegExp(`${command} is not installed there\\. Type: .*install.* ${command}$`));
    }
    expect(blamed('birdc', 'sh: 1: birdc: not found', 127).hint).to.contain(installLine([]).trim());
  });

  it('says failed of a program that nobody knows, and what was probably meant', () => {
    expect(blamed('traceroutee', 'sh: 1: traceroutee: not found', 127)).to.deep.equal({
      verdict: 'failed',
      hint: 'There is no program traceroutee. Did you mean traceroute?',
    });
    expect(blamed('nosuchdaemon', 'nosuchdaemon: No such file or directory', 127)).to.deep.equal({
      verdict: 'failed',
      hint: 'There is no program nosuchdaemon.',
    });
    expect(blamed('exit 127', '', 127)).to.deep.equal({ verdict: 'failed' });
  });

  it('says failed of a known program that is installed, but not where it was looked for', () => {
    expect(blamed('ping 10.0.0.1', 'sh: 1: ping: not found', 127)).to.deep.equal({
      verdict: 'failed',
      hint: 'ping is installed, but not where it was looked for.',
    });
  });
});

describe('missingProgram', () => {
  it('reads its name from what shells, ip, nsenter, timeout and env say', () => {
    const cases: [said: string, program: string | undefined][] = [
      ['sh: 1: traceroutee: not found', 'traceroutee'],
      ['sh: traceroutee: not found', 'traceroutee'],
      ['sh: line 3: traceroutee: command not found', 'traceroutee'],
      ['bash: line 1: traceroutee: command not found', 'traceroutee'],
      ['exec of "traceroutee" failed: No such file or directory', 'traceroutee'],
      ['nsenter: failed to execute traceroutee: No such file or directory', 'traceroutee'],
      ['timeout: failed to run command ‘traceroutee’: No such file or directory', 'traceroutee'],
      ["env: 'traceroutee': No such file or directory", 'traceroutee'],
      ['sh: 1: /opt/cni/bin/brigde: not found', '/opt/cni/bin/brigde'],
      ['first words\nsh: 1: traceroutee: not found\nlast words', 'traceroutee'],
      ['ls: /nowhere: No such file or directory', undefined],
      ['thing: not found', undefined],
      ['', undefined],
    ];
    for (const [said, program] of cases) expect(missingProgram(said, 1), said).to.equal(program);
  });
});
