import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const textOf = (file: string): string => readFileSync(path.join(import.meta.dirname, file), 'utf8');

type Labels = Readonly<Record<string, string>>;
interface Container {
  readonly name: string;
  readonly securityContext: unknown;
  readonly resources: { readonly requests: unknown; readonly limits: unknown };
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly readOnly?: boolean }[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Labels };
    readonly podSelector?: { readonly matchLabels: Labels };
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly { readonly ports: readonly { readonly port: number }[] }[];
    readonly egress?: readonly {
      readonly to?: readonly {
        readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
      }[];
    }[];
    readonly template?: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
  };
}
interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes: readonly ({ readonly name: string } & Readonly<Record<string, unknown>>)[];
}

const documents = parseAllDocuments(textOf('kubernetes/topicast.yaml'));
const manifests = documents.map((each): Manifest => each.toJS());
const ofKind = (kind: string): Manifest[] => manifests.filter((each) => each.kind === kind);
const PODS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod', 'ReplicaSet'];

describe('the Kubernetes manifests', () => {
  it('are well-formed, and all their pods are deployments', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    const running = manifests.filter(({ kind }) => PODS.includes(kind));
    expect(running).toEqual(ofKind('Deployment'));
    const names = running.map(({ metadata }) => metadata.name);
    expect(names).toEqual(['topicast-gateway', 'topicast-producer', 'topicast-processors', 'topicast-web']);
  });

  describe.each(ofKind('Deployment').map((each) => [each.metadata.name, each] as const))(
    '%s',
    (_, { spec }) => {
      const { labels } = spec.template!.metadata;
      const pod = spec.template!.spec;
      const containers = [...pod.containers, ...(pod.initContainers ?? [])];

      it('is not root, and has no account of Kubernetes', () => {
        expect(pod).toMatchObject({
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            runAsGroup: 1000,
            seccompProfile: { type: 'RuntimeDefault' },
          },
        });
        for (const risky of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod).not.toHaveProperty(risky);
      });

      it.each(containers)(
        '$name has no capability, and writes only to volumes of bounded size',
        (container) => {
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          for (const { name, readOnly } of container.volumeMounts.filter((mount) => !mount.readOnly)) {
            const volume = pod.volumes.find((each) => each.name === name);
            expect({ readOnly, volume }).toMatchObject({
              volume: { emptyDir: { sizeLimit: expect.stringMatching(/^\d+Mi$/) } },
            });
          }
        },
      );

      it.each(containers)('$name has limits, and probes on a port of its own', (container) => {
        const amounts = {
          cpu: expect.stringMatching(/^\d+m?$/),
          memory: expect.stringMatching(/^\d+[MG]i$/),
        };
        expect(container.resources).toEqual({ requests: amounts, limits: amounts });
        const port = expect.toBeOneOf(container.ports.map(({ name }) => name));
        expect(container).toMatchObject({
          readinessProbe: { httpGet: { path: expect.any(String), port }, periodSeconds: expect.any(Number) },
          livenessProbe: { httpGet: { path: '/healthz', port }, periodSeconds: expect.any(Number) },
        });
      });

      it('outlives the draining of a node', () => {
        expect(spec.replicas).toBeGreaterThan(1);
        const budgets = ofKind('PodDisruptionBudget').filter(({ spec: { selector } }) =>
          hasLabels(labels, selector?.matchLabels),
        );
        expect(budgets).toMatchObject([{ spec: { maxUnavailable: 1 } }]);
      });

      it('is reached only on its own ports, and reaches only what a policy names', () => {
        const policies = ofKind('NetworkPolicy').filter(({ spec: { podSelector } }) =>
          hasLabels(labels, podSelector?.matchLabels),
        );
        expect(policies).toMatchObject([{ spec: { policyTypes: ['Ingress', 'Egress'] } }]);
        const open = policies[0]!.spec.ingress!.flatMap(({ ports }) => ports.map(({ port }) => port));
        expect(open).toEqual(containers.flatMap(({ ports }) => ports.map((each) => each.containerPort)));
      });
    },
  );
});

const hasLabels = (labels: Labels, wanted: Labels | undefined): boolean =>
  wanted !== undefined && Object.entries(wanted).every(([name, value]) => labels[name] === value);

it.each(['producer', 'processors'])(
  'the %s reach the internet, and no private network but the log',
  (name) => {
    const policies = ofKind('NetworkPolicy').filter(({ metadata }) => metadata.name === `topicast-${name}`);
    const blocks = policies.flatMap(({ spec }) =>
      spec.egress!.flatMap(({ to = [] }) => to.flatMap(({ ipBlock }) => ipBlock ?? [])),
    );
    expect(blocks.map(({ cidr }) => cidr)).toEqual(['0.0.0.0/0', '2000::/3']);
    expect(blocks[0]!.except).toEqual(
      expect.arrayContaining(['10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16']),
    );
  },
);

describe('the compose file', () => {
  const { services } = parse(textOf('../docker-compose.yml'), { merge: true }) as {
    services: Readonly<Record<string, { readonly ports?: readonly string[] }>>;
  };
  const ours = ['producer', 'processors', 'gateway', 'web'];

  it('has our services and Kafka', () => {
    expect(Object.keys(services).sort()).toEqual([...ours, 'kafka'].sort());
  });

  it.each(ours)('gives %s no capability, nothing to write to but volumes, and limits', (name) => {
    expect(services[name]).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      mem_limit: expect.stringMatching(/^\d+[mg]$/),
      pids_limit: expect.any(Number),
    });
  });

  it('opens ports on loopback only', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});
