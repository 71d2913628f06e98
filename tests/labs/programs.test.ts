import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { program } from '../../labs/kit/program.ts';
import { needsNamespaces } from '../stand.ts';
import { programs } from './shown-lines.ts';

const file = (name: string) => fileURLToPath(new URL(`../../labs/kit/${name}`, import.meta.url));
const interpreter = (name: string) => programs.get(name)!.split('\n')[0];
const run = (name: string, args: string[], input = '') =>
  execFileSync(interpreter(name)!.includes('perl') ? 'perl' : 'sh', [file(name), ...args], { input, encoding: 'utf8' });

/** What reads a program without running it. */
const linters: Record<string, (path: string) => ReturnType<typeof spawnSync>> = {
  '#!/usr/bin/env perl': (path) => spawnSync('perl', ['-c', path], { encoding: 'utf8' }),
  '#!/bin/sh': (path) => spawnSync('sh', ['-n', path], { encoding: 'utf8' }),
  '#!/usr/bin/env -S iptables-restore --noflush': (path) =>
    spawnSync('unshare', ['-rn', 'iptables-restore', '--test', path], { encoding: 'utf8' }),
};

describe('The programs of the kit', function () {
  this.timeout(20_000);

  it('are there', () => {
    expect([...programs.keys()]).to.include.members(['flannel/flanneld', 'calico/confd', 'kube-router/inject-routes']);
  });

  for (const name of programs.keys())
    it(`${name} says by what it is run and what it is, and can be read`, function () {
      const [shebang, comment] = programs.get(name)!.split('\n') as [string, string];
      expect(linters, shebang).to.have.property(shebang);
      expect(comment).to.match(/^# .{20}/);
      if (shebang.includes('iptables')) needsNamespaces(this);
      const { status, stderr } = linters[shebang]!(file(name));
      expect(status, String(stderr)).to.equal(0);
    });

  it('are written to a node as they are, and so is one of a lab’s own', () => {
    expect(program('etcd/etcd.pl', '/run/x')).to.equal(`cat > /run/x <<'END'\n${programs.get('etcd/etcd.pl')}END`);
    const folder = mkdtempSync(join(tmpdir(), 'programs-'));
    try {
      const own = pathToFileURL(join(folder, 'own'));
      writeFileSync(own, '#!/bin/sh\nid');
      expect(program(own, '/run/own')).to.equal("cat > /run/own <<'END'\n#!/bin/sh\nid\nEND");
      writeFileSync(own, '#!/bin/sh\nEND\nreboot\n');
      expect(() => program(own, '/run/own')).to.throw(/own has a line END: the rest of it would be typed/);
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(() => program('no/such', '/run/x')).to.throw(/no such file.*labs\/kit\/no\/such/);
  });

  it('inject-routes routes via a neighbour, tunnels to who is farther, and forgets what is withdrawn', () => {
    const path = (prefix: string, nexthop: string, withdrawal = false) =>
      `[{"nlri":{"prefix":"${prefix}"},"attrs":[{"nexthop":"${nexthop}"}]${withdrawal ? ',"withdrawal":true' : ''}}]\n`;
    const heard = [
      path('100.96.4.0/24', '172.20.32.100'),
      path('100.96.1.0/24', '172.20.75.91'),
      path('100.96.2.0/24', '172.20.42.25'),
      path('100.96.1.0/24', '172.20.75.91', true),
    ].join('');
    expect(run('kube-router/inject-routes', ['172.20.42.25'], heard).trim().split('\n')).to.deep.equal([
      'route replace 100.96.4.0/24 via 172.20.32.100 proto 17',
      'route replace 100.96.1.0/24 dev tun-172207591 scope global proto 17',
      'route del 100.96.1.0/24 dev tun-172207591 scope global proto 17',
    ]);
  });

  it('felix-rules lets each pod send and receive, and nobody else', function () {
    needsNamespaces(this);
    const rules = run('calico/felix-rules', ['none', 'cali1', 'cali2']);
    expect(rules.match(/-A cali-from-wl-dispatch .*/g)).to.deep.equal([
      '-A cali-from-wl-dispatch -i cali1 -g cali-fw-cali1',
      '-A cali-from-wl-dispatch -i cali2 -g cali-fw-cali2',
      '-A cali-from-wl-dispatch -m comment --comment "Unknown interface" -j DROP',
    ]);
    const sets = run('calico/felix-sets', ['none', '10.42.0.0/16', '192.168.205.4']);
    const typed = `ipset restore <<END && iptables-restore --test\n${sets}END`;
    const { status, stderr } = spawnSync('unshare', ['-rn', 'sh', '-c', typed], { input: rules });
    expect(status, String(stderr)).to.equal(0);
    expect(run('calico/felix-rules', ['none'])).to.not.contain('cali-fw');
  });

  it('etcd.pl writes base64 as etcd reads it, and reads it back, at every length', () => {
    const script =
      'require shift; for (@ARGV) { my $c = base64($_); print "$c ", text($c) eq $_ ? "same" : "other", "\\n" }';
    const words = Array.from({ length: 130 }, (_, length) => '/coreos.com/network/~'.repeat(7).slice(0, length + 1));
    const said = execFileSync('perl', ['-e', script, file('etcd/etcd.pl'), ...words], { encoding: 'utf8' });
    const wanted = words.map((word) => `${Buffer.from(word).toString('base64')} same`);
    expect(said.trim().split('\n')).to.deep.equal(wanted);
  });

  for (const [name, args] of [
    ['flannel/flanneld', ['127.0.0.1', '10.42.0.0/24']],
    ['calico/confd', ['master']],
  ] as const)
    it(`${name} says whom it has asked where etcd does not answer`, function () {
      needsNamespaces(this);
      const folder = mkdtempSync(join(tmpdir(), 'programs-'));
      for (const each of [name, 'etcd/etcd.pl']) copyFileSync(file(each), join(folder, each.split('/')[1]!));
      // Its port is in use by nobody in a network of its own.
      const { status, stderr } = spawnSync('unshare', ['-rn', 'perl', join(folder, name.split('/')[1]!), ...args], {
        env: { ...process.env, ETCD: '127.0.0.1' },
        encoding: 'utf8',
      });
      rmSync(folder, { recursive: true });
      expect(status).to.be.greaterThan(0);
      expect(stderr).to.match(/^etcd at 127\.0\.0\.1: /m);
    });

  it('witness answers each call with its name and the caller’s address', async () => {
    const port = await freePort();
    const witness = spawn('perl', [file('servers/witness'), String(port), 'web'], { stdio: 'ignore' });
    try {
      for (let call = 0; call < 2; call++) expect(await answerOf(port, witness)).to.equal('web sees 127.0.0.1\n');
    } finally {
      witness.kill();
      await once(witness, 'exit');
    }
  });

  it('http-witness answers who asks while another caller says nothing', async () => {
    const port = await freePort();
    const witness = spawn('perl', [file('servers/http-witness'), String(port), 'web'], { stdio: 'ignore' });
    const silent = await calledOnce(port, witness);
    try {
      expect(run('servers/http-get', [`127.0.0.1:${port}`, 'shop.example', '/cart'])).to.equal(
        '200 web: shop.example/cart for -, called by 127.0.0.1\n',
      );
    } finally {
      silent.destroy();
      witness.kill();
      await once(witness, 'exit');
    }
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A connection to a port, once somebody listens there, on which nothing is said. */
async function calledOnce(port: number, server: ChildProcess): Promise<Socket> {
  while (server.exitCode === null) {
    const call = createConnection(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      call.once('error', () => resolve(false)).once('connect', () => resolve(true));
    });
    if (isOpen) return call;
    call.destroy();
  }
  throw new Error(`the server has ended with ${server.exitCode}`);
}

/** What a port answers to a call, once somebody listens there. */
async function answerOf(port: number, server: ChildProcess): Promise<string> {
  while (server.exitCode === null) {
    const call = createConnection(port, '127.0.0.1').setEncoding('utf8');
    let said = '';
    call.on('data', (text: string) => {
      said += text;
    });
    const refused = await new Promise<boolean>((resolve) => {
      call.once('error', () => resolve(true)).once('end', () => resolve(false));
    });
    call.destroy();
    if (!refused) return said;
  }
  throw new Error(`the server has ended with ${server.exitCode}`);
}
