import { expect } from 'chai';
import { type Order, spec } from '../../../src/runtime/swarm/spec.ts';

const order: Order = {
  image: 'sha256:abc',
  words: ['packetwalk', 'verify', 'netns-veth'],
  what: 'netns-veth on netns',
  labels: { 'packetwalk.swarm': 'abcd' },
  run: 'abcd',
  number: 3,
  namesProfiles: false,
};

describe('The service of a run on a swarm', () => {
  const { Name, Labels, Mode, TaskTemplate } = spec(order);
  const { ContainerSpec, Resources, RestartPolicy, LogDriver } = TaskTemplate;

  it('is one task, which is begun once', () => {
    expect(Mode).to.deep.equal({ Replicated: { Replicas: 1 } });
    expect(RestartPolicy).to.deep.equal({ Condition: 'none' });
    expect(ContainerSpec.Args).to.deep.equal(order.words);
  });

  it('has the rights of a pod of the Kubernetes Job, and no more', () => {
    expect(ContainerSpec.CapabilityDrop).to.deep.equal(['ALL']);
    expect(ContainerSpec.CapabilityAdd).to.have.members(
      ['DAC_OVERRIDE', 'NET_ADMIN', 'NET_BIND_SERVICE', 'NET_RAW', 'SETGID', 'SYS_ADMIN', 'SYS_CHROOT'].map(
        (name) => `CAP_${name}`,
      ),
    );
    expect(ContainerSpec).to.not.have.any.keys('Mounts', 'Privileges', 'Secrets');
  });

  it('has a core for itself, a limit of memory, and a log that can be read', () => {
    expect(Resources).to.deep.equal({ Limits: { MemoryBytes: 2 ** 31 }, Reservations: { NanoCPUs: 1e9 } });
    expect(LogDriver.Name).to.equal('json-file');
  });

  it('does without AppArmor’s profile where engines can', () => {
    const { Privileges } = spec({ ...order, namesProfiles: true }).TaskTemplate.ContainerSpec as { Privileges: object };
    expect(Privileges).to.deep.equal({ AppArmor: { Mode: 'disabled' } });
  });

  it('has a name that swarms take, and tells whose it is', () => {
    expect(Name).to.equal('packetwalk-abcd-3-netns-veth-on-netns');
    expect(Labels).to.deep.equal(order.labels);
    const long = spec({ ...order, what: `größe.${'x'.repeat(43)}.y on netns` }).Name;
    expect(long)
      .to.match(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
      .and.to.have.length.at.most(63);
  });

  it('is begun on each machine where that is asked for, whoever else has its cores', () => {
    const { Mode, TaskTemplate } = spec({ ...order, everywhere: true });
    expect(Mode).to.deep.equal({ Global: {} });
    expect(TaskTemplate.Resources).to.not.have.property('Reservations');
  });

  it('has a port, the files of secrets, and all memory where it is a part of one lab; on no machine that is left out', () => {
    const { EndpointSpec, TaskTemplate } = spec({ ...order, everywhere: true, without: ['three'], port: 22 }, [
      { id: 's1', name: 'packetwalk-abcd-host_key', path: '/run/secrets/host_key' },
    ]);
    expect(EndpointSpec).to.deep.equal({ Ports: [{ Protocol: 'tcp', TargetPort: 22, PublishMode: 'host' }] });
    expect(TaskTemplate.ContainerSpec.Secrets).to.deep.equal([
      {
        SecretID: 's1',
        SecretName: 'packetwalk-abcd-host_key',
        File: { Name: '/run/secrets/host_key', UID: '0', GID: '0', Mode: 0o600 },
      },
    ]);
    expect(TaskTemplate.Resources).to.deep.equal({});
    expect(TaskTemplate.Placement.Constraints).to.include('node.id != three');
  });
});
