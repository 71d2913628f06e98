import { existsSync } from 'node:fs';
import { expect } from 'chai';
import type { Context } from 'mocha';
import { controlPlane, writeObjects } from '../../labs/kit/kube-proxy/control-plane.ts';
import { kubeProxyOn } from '../../labs/kit/kube-proxy/real.ts';
import { kubernetes, service } from '../../labs/kit/kube-proxy/services.ts';
import { standsFor } from '../../src/index.ts';
import type { Script } from '../../src/lab/words.ts';
import { buildables, builtFile } from '../../src/machine/daemons/catalogue.ts';
import { foundDaemons } from '../../src/machine/daemons/find.ts';
import { plan } from '../../src/plan/plan.ts';
import { findings, setUp } from '../../src/prove/run.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import { needsNamespaces, twoHosts } from '../stand.ts';

const names = ['kube-apiserver', 'kube-proxy'];
const missing = buildables.filter((each) => names.includes(each.name) && !existsSync(builtFile(each)));
const nodes = [{ name: 'a', address: '10.0.0.1', subnet: '10.42.0' }];

describe('A control plane on a node', function () {
  this.timeout(120_000);
  beforeEach(function (this: Context) {
    needsNamespaces(this);
    if (!missing.length) return;
    this.currentTest!.title += ` (skipped: npm run daemons ${missing.map(({ name }) => name).join(' ')})`;
    this.skip();
  });

  /** Sets a up with scripts, and then asks there; tells what a step that failed said, or else the answer. */
  async function set(scripts: Script[], question = 'true'): Promise<string> {
    const setup = Object.fromEntries(scripts.map((script, i) => [`Step ${i + 1}`, { a: script }]));
    const planned = plan({ ...twoHosts(), setup }, 'test', 'real');
    const real = foundDaemons(planned.real!, new Map());
    await using runtime = await startNetns({ ...planned, real });
    const found = findings();
    if (!(await setUp(planned, runtime, found, () => {}))) {
      const { command, output } = found.steps.at(-1)!.failure!;
      return `${command.slice(0, 60)}\n${output}`;
    }
    return (await runtime.script('a', question)).stdout;
  }
  const standing = standsFor('kube-apiserver', { real: controlPlane('10.0.0.1') });
  const proxy = (objects = kubernetes) => standsFor('kube-proxy', { real: kubeProxyOn('a', '10.0.0.1', objects) });

  it('has what is written there, and kube-proxy makes rules of it', async () => {
    const objects = [
      ...kubernetes,
      ...service('web', { clusterIP: '10.43.1.1' }, { port: 80 }, [{ address: '10.42.0.2', node: 'a' }]),
      ...service(
        'balanced',
        { type: 'LoadBalancer', clusterIP: '10.43.1.2' },
        { port: 80 },
        [{ address: '10.42.0.2', node: 'a' }],
        {
          loadBalancer: { ingress: [{ ip: '198.51.100.1' }] },
        },
      ),
    ];
    const rules = await set(
      [standing, writeObjects('10.0.0.1', nodes, objects), proxy(objects)],
      'iptables -t nat -S KUBE-SERVICES',
    );
    expect(rules)
      .to.contain('"default/web cluster IP"')
      .and.to.contain('-d 198.51.100.1/32')
      .and.to.contain('default/kubernetes:https');
  });

  it('refuses an object with its own message', async () => {
    const objects = service('web', { clusterIP: '10.99.0.1' }, { port: 80 }, []);
    const said = await set([standing, writeObjects('10.0.0.1', nodes, objects)]);
    expect(said)
      .to.contain('POST /api/v1/namespaces/default/services: ')
      .and.to.contain('10.99.0.1')
      .and.to.contain('does not match the current range');
  });

  it('is told with its last words where somebody has its port', async () => {
    const taken =
      "perl -MIO::Socket::INET -e '$own = IO::Socket::INET->new(LocalPort => 6443, Listen => 1) or die; fork and exit; close $_ for *STDIN, *STDOUT, *STDERR; sleep 100'";
    const said = await set([taken, standing]);
    expect(said).to.contain('kube-apiserver').and.to.contain('address already in use');
  });
});
