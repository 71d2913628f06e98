import { type Check, lacks, lines } from 'packetwalk';
import type { Place } from '../kube-proxy/cluster.ts';
import { asks } from './walks.ts';

type Checks = Record<string, Check<Place, 'IN-01' | 'IN-02'>>;

/** What an application must never be asked: SQL, a script, a path out of its folder, all written as a browser would. */
const injections = [
  "/?id=1'%20OR%20'1'='1",
  '/cart?id=1+UNION+SELECT+password+FROM+users',
  '/?q=%3Cscript%3Ealert(1)%3C/script%3E',
  '/?file=../../../etc/passwd',
];

const by = (pod: string, asked: string) => `200 ${pod}: ${asked} for 192.168.205.50, called by 10.42.0.65`;

/** podA’s connections so far, those that it opened itself (/proc/net/snmp, Tcp ActiveOpens). */
const opened = "opened() { awk '/^Tcp:/ && $6 ~ /[0-9]/ { print $6 }' /proc/net/snmp; }";

const own = (paths: string[]) =>
  `perl /run/http-get 127.0.0.1:80 shop.example ${paths.map((path) => `"${path}"`).join(' ')} | cut -d ' ' -f 1 | uniq -c`;

export const checks: Checks = {
  'Host and path lead to their services, and the longest path wins': {
    claim: 'IN-01',
    run: `${asks('shop.example', '/', '/cart', '/cart/pay', '/news')}\n${asks('blog.example', '/', '/cart')}`,
    see: {
      client: lines(
        by('podB', 'shop.example/'),
        by('podC', 'shop.example/cart'),
        by('podC', 'shop.example/cart/pay'),
        by('podB', 'shop.example/news'),
        by('podD', 'blog.example/'),
        by('podD', 'blog.example/cart'),
      ),
    },
  },
  'A host that no Ingress has is nobody’s: nginx answers 404 itself': {
    claim: 'IN-01',
    run: asks('mail.example', '/'),
    see: { client: lines('404') },
  },
  'Only the node of the controller leads to it: the policy is Local': {
    claim: 'IN-01',
    run: 'timeout 0.5 perl /run/http-get 192.168.205.3:30080 shop.example / || echo "node1: no answer ($?)"',
    see: { client: lines('node1: no answer (124)') },
  },
  'nginx has the endpoints in its configuration, and no ClusterIP': {
    claim: 'IN-01',
    run: 'nginx -c /run/nginx/conf -T 2>/dev/null',
    see: { podA: [lines('upstream default-cart-80', 'server 10.42.1.6:80'), lacks('10.43.')] },
  },
  'An injection is answered 403, and what is clean is not': {
    claim: 'IN-02',
    run: asks('shop.example', ...injections, '/?id=1'),
    see: { client: lines('403', '403', '403', '403', by('podB', 'shop.example/?id=1')) },
  },
  'nginx says who refuses: a rule of the core rule set that adds up what others have found': {
    claim: 'IN-02',
    run: `${own(injections.slice(0, 1))}; grep denied /run/ingress-nginx.log | tail -n 1`,
    see: { podA: [lines('1 403', 'ModSecurity: Access denied with code 403'), lines('[id "949110"]')] },
  },
  'For an injection nginx opens no connection to a pod': {
    claim: 'IN-02',
    changes: true,
    run: `${opened}
      before=$(opened); ${own(injections)}
      echo "for ${injections.length} injections $(($(opened) - before - ${injections.length})) to pods"
      before=$(opened); ${own(['/?id=1'])}
      echo "for a clean request $(($(opened) - before - 1))"`,
    see: { podA: lines('4 403', 'for 4 injections 0 to pods', '1 200', 'for a clean request 1') },
  },
};
