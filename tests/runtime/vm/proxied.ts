/** A lab whose hosts run the proxies of the distribution: a has haproxy, which asks nginx with ModSecurity and its core rules. */
export const proxied = `
import { at, ip, lab, lines, send, tcp } from 'packetwalk';
const request = [ip({ src: '10.0.0.2', dst: '10.0.0.1', ttl: 64 }), tcp({ dst: 80, flags: 'S' })];
const write = (path, ...text) => \`cat > \${path} <<'END'\\n\${text.join('\\n')}\\nEND\`;
export default lab({
  title: 'haproxy in front of nginx, which asks ModSecurity',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: {
    'a has what the proxies read': {
      a: [
        'mkdir -p /run/nginx && ip link set lo up',
        write('/run/nginx/rules', 'SecRuleEngine On', 'Include /etc/modsecurity/crs/crs-setup.conf', 'Include /usr/share/modsecurity-crs/rules/*.conf'),
        write('/run/nginx/conf', 'load_module /usr/lib/nginx/modules/ngx_http_modsecurity_module.so;', 'pid /run/nginx/pid;', 'events {}', 'http {', 'include /etc/nginx/mime.types;',
          'modsecurity on;', 'modsecurity_rules_file /run/nginx/rules;', 'server { listen 127.0.0.1:8080; location / { proxy_pass http://127.0.0.1:8081; } }',
          'server { listen 127.0.0.1:8081; modsecurity off; return 200 "clean\\\\n"; }', '}'),
        write('/run/haproxy', 'defaults', 'mode http', 'timeout connect 10s', 'timeout client 10s', 'timeout server 10s', 'listen web', 'bind :80', 'server nginx 127.0.0.1:8080'),
      ],
    },
    'They run': { a: ['nginx -c /run/nginx/conf', 'haproxy -D -p /run/haproxy.pid -f /run/haproxy'] },
  },
  walks: {
    'b asks a': {
      send: send('b', 'wget -q -O - http://10.0.0.1/'),
      request: [at('b:eth0', 'It leaves b', ...request), at('a:eth0', 'haproxy accepts it', ...request)],
    },
  },
  checks: {
    'What is clean is answered, and an injection refused': {
      run: "wget -q -O - 'http://10.0.0.1/?id=1'; wget -q -O - \\"http://10.0.0.1/?id=1'%20OR%20'1'='1\\" 2>&1 || echo refused",
      see: { b: lines('clean', '403 Forbidden', 'refused') },
    },
    'Whoever waits for a process knows when it has ended': {
      run: 'sh -c : & tail --pid=$! -f /dev/null && echo ended',
      see: { a: lines('ended') },
    },
  },
});
`;
