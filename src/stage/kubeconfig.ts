// SPDX-License-Identifier: Apache-2.0

export interface Cluster {
  /** May have a path. */
  readonly server: string;
  readonly namespace: string;
}

/** A client's configuration with one cluster and one context, as JSON, which is YAML too: the stage loads no library for it. https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ */
export function kubeconfigFor({ server, namespace }: Cluster): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'stage', cluster: { server } }],
    users: [{ name: 'acceptance', user: {} }],
    contexts: [{ name: 'stage', context: { cluster: 'stage', user: 'acceptance', namespace } }],
    'current-context': 'stage',
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
