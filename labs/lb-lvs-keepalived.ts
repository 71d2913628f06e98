import { lab } from 'packetwalk';
import { claims } from './claims.ts';
import { takesGroups } from './kit/keepalived.ts';
import { checks } from './kit/lvs/checks.ts';
import { faults } from './kit/lvs/faults.ts';
import { links, nodes } from './kit/lvs/network.ts';
import { steps } from './kit/lvs/steps.ts';
import { walks } from './kit/lvs/walks.ts';

export default lab({
  title: 'LVS leads calls to real servers by NAT, by direct routing or by a tunnel: which, tells how answers come back',
  about:
    'Two directors, each a real keepalived: by VRRP one of them holds the address 192.168.205.100, and both write its virtual servers into their kernel’s IPVS table, with a health check for each real server. Port 80 goes by NAT, port 81 by direct routing, port 82 by IP in IP to a server beyond the router, where the client is, too.',
  claims,
  needs: { kernel: [takesGroups] },
  nodes,
  links: [...links],
  setup: steps,
  walks,
  checks,
  faults,
});
