import { expect } from 'chai';
import lab from '../../labs/ingress-nginx.ts';
import { ingress, nginxConf } from '../../labs/kit/ingress/nginx.ts';
import { service } from '../../labs/kit/kube-proxy/services.ts';
import type { Lab } from '../../src/lab/words.ts';
import { ended } from './ended.ts';
import { noneInVain } from './in-vain.ts';

const objects = [
  ...service('shop', { clusterIP: '10.43.6.70' }, { port: 80, targetPort: 8080 }, [
    { address: '10.42.1.9' },
    { address: '10.42.1.6' },
    { address: '10.42.1.7', ready: false },
  ]),
  ...service('idle', { clusterIP: '10.43.6.71' }, { port: 80 }, []),
];

describe('nginx.conf from Ingresses', () => {
  const refused = (...ingresses: Parameters<typeof nginxConf>[0]) => {
    try {
      nginxConf(ingresses, objects);
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing';
  };

  it('has an upstream of the endpoints that are ready, at the port where they listen, and the longest path first', () => {
    const conf = nginxConf([ingress('x', { 'a.example': { '/': 'shop:80', '/cart': 'shop:80' } })], objects).join('\n');
    expect(conf).to.include(
      '  upstream default-shop-80 {\n    server 10.42.1.6:8080;\n    server 10.42.1.9:8080;\n  }\n',
    );
    expect(conf.match(/upstream|server_name \S+|location \S+/g)).to.deep.equal([
      'upstream',
      'location /',
      'server_name a.example;',
      'location /cart',
      'location /',
    ]);
  });

  it('is refused where a path leads nowhere', () => {
    expect(refused(ingress('x', { 'a.example': { '/': 'shopp:80' } }))).to.equal(
      'default/x leads a.example/ to shopp:80, and there is no such service in default',
    );
    expect(refused(ingress('x', { 'a.example': { '/': 'shop:81' } }))).to.include('there is no such service');
    expect(refused(ingress('x', { 'a.example': { '/': 'idle:80' } }))).to.include('has no endpoint that is ready');
  });

  it('is refused where a path is none, or two Ingresses have it', () => {
    expect(refused(ingress('x', { 'a.example': { cart: 'shop:80' } }))).to.include("the path 'cart' of a.example");
    const [one, other] = ['x', 'y'].map((name) => ingress(name, { 'a.example': { '/': 'shop:80' } }));
    expect(refused(one!, other!)).to.equal('default/y and default/x both have a.example/');
  });
});

const [cart, shop, blog] = [
  'client asks shop.example for /cart, and nginx asks podC',
  'client asks shop.example for /, and nginx asks podB',
  'client asks blog.example for /, at the same port, and nginx asks podD',
] as const;
const [leads, nobody, onlyThere, endpoints, refusal, says, opensNone] = [
  'Host and path lead to their services, and the longest path wins',
  'A host that no Ingress has is nobody’s: nginx answers 404 itself',
  'Only the node of the controller leads to it: the policy is Local',
  'nginx has the endpoints in its configuration, and no ClusterIP',
  'An injection is answered 403, and what is clean is not',
  'nginx says who refuses: a rule of the core rule set that adds up what others have found',
  'For an injection nginx opens no connection to a pod',
] as const;

/** nginx’s files read otherwise, and its worker from before is gone. */
const reloaded = (edit: string) =>
  `${edit}\nold=$(pgrep -P $(cat /run/nginx/pid))\nnginx -c /run/nginx/conf -s reload && tail --pid=$old -f /dev/null`;

noneInVain('ingress-nginx', lab as Lab, [
  ['podA', reloaded('sed -i s/10.42.1.6:80/10.42.1.9:80/ /run/nginx/conf'), [cart, leads, endpoints]],
  ['podA', reloaded('sed -i s/10.42.2.6:80/10.42.1.9:80/ /run/nginx/conf'), [blog]],
  ['podA', reloaded('sed -i "s/return 404/return 200/" /run/nginx/conf'), [nobody]],
  [
    'podA',
    reloaded('sed -i /SecRuleEngine/s/On/DetectionOnly/ /run/nginx/modsecurity.conf'),
    [refusal, says, opensNone],
  ],
  ['node1', `iptables -t nat -I PREROUTING -p tcp --dport 30080 -j DNAT --to-destination 10.42.1.9:80`, [onlyThere]],
  ['podA', ended('ingress-nginx'), ['ingress-nginx still runs', shop]],
  ...['podB', 'podC', 'podD'].map((name): [string, string, string[]] => [name, ended(name), [`${name} still runs`]]),
]);
