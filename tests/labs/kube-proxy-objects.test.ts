import { expect } from 'chai';
import type { KubeObject } from '../../labs/kit/kube-proxy/objects.ts';
import { kubernetes, many, served, service } from '../../labs/kit/kube-proxy/services.ts';

const web = (name: string, clusterIP: string, port: object = {}) =>
  service(name, { clusterIP }, { port: 80, ...port }, []);

const without = (objects: KubeObject[]) =>
  objects.map((each) => (each.kind === 'Service' ? { ...each, spec: { ...each.spec, ports: [] } } : each));

describe('The objects of a service lab', () => {
  for (const [what, objects, sentence] of [
    [
      'a NodePort outside of the range',
      web('web', '10.43.6.58', { nodePort: 8080 }),
      'default/web has the NodePort 8080, which is not in 30000-32767',
    ],
    [
      'a NodePort one above the range',
      web('web', '10.43.6.58', { nodePort: 32_768 }),
      'default/web has the NodePort 32768, which is not in 30000-32767',
    ],
    [
      'a ClusterIP outside of the CIDR',
      web('web', '10.44.6.58'),
      'default/web has the ClusterIP 10.44.6.58, which is not in 10.43.0.0/16',
    ],
    [
      'a ClusterIP that is no address',
      web('web', 'ten'),
      'default/web has the ClusterIP ten, which is not in 10.43.0.0/16',
    ],
    [
      'a ClusterIP with a byte of 256, which would count as one of the CIDR',
      web('web', '10.42.256.1'),
      'default/web has the ClusterIP 10.42.256.1, which is not in 10.43.0.0/16',
    ],
    [
      'two services at one address and port',
      [...web('web', '10.43.6.58'), ...web('other', '10.43.6.58')],
      'default/other and default/web are both at 10.43.6.58:80/TCP: give one of them another',
    ],
    [
      'two services at one NodePort',
      [...web('web', '10.43.6.58', { nodePort: 32_506 }), ...web('other', '10.43.6.59', { nodePort: 32_506 })],
      'default/other and default/web are both at NodePort 32506/TCP: give one of them another',
    ],
    [
      'a service without a port',
      without(web('web', '10.43.6.58')),
      'default/web has no port: a service needs one at least',
    ],
  ] as [string, KubeObject[], string][])
    it(`are refused in a sentence: ${what}`, () => {
      expect(() => served(objects)).to.throw(Error, sentence);
    });

  it('are refused for all that is wrong with them at once', () => {
    expect(() => served([...web('web', '10.44.6.58', { nodePort: 80 })])).to.throw('ClusterIP 10.44.6.58');
    expect(() => served([...web('web', '10.44.6.58', { nodePort: 80 })])).to.throw('NodePort 80');
  });

  it('may share an address by two ports, or a port by two protocols', () => {
    const both = [...web('web', '10.43.6.58'), ...web('udp', '10.43.6.58', { protocol: 'UDP' })];
    expect(served(both)).to.equal(both);
    expect(served(many(100))).to.have.length(kubernetes.length + 200);
  });

  it('may have the first and the last NodePort, and a headless service none of all that', () => {
    const objects = [
      ...web('first', '10.43.0.2', { nodePort: 30_000 }),
      ...web('last', '10.43.255.255', { nodePort: 32_767 }),
      ...web('headless', 'None'),
      ...web('headless-too', 'None'),
    ];
    expect(served(objects)).to.equal(objects);
  });
});
