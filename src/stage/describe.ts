// SPDX-License-Identifier: Apache-2.0
import type { StageAddresses } from './service.ts';

/** For a person at a prompt: where the services are, and the environment that a validator needs. */
export function describeStage(addresses: StageAddresses, kubeconfig?: string): string {
  const { registryUrl, rekorUrl, gitUrl, policyApiUrl, gitCertificateFile } = addresses;
  const registry = new URL(registryUrl).host;
  return [
    `stage (${addresses.launcher})`,
    `  registry     ${registryUrl}     images are named ${registry}/<repository>:<tag>`,
    `  Rekor log    ${rekorUrl}`,
    `  git host     ${gitUrl}/git/<name>.git     a push makes the repository`,
    `  policy API   ${policyApiUrl}`,
    '',
    'environment for a validator',
    ...Object.entries(environmentFor(addresses, kubeconfig)).map(([name, value]) => `  export ${name}=${value}`),
    '',
    'to try it',
    `  curl ${registryUrl}/v2/_catalog`,
    `  curl ${rekorUrl}/api/v1/log`,
    `  git -c http.sslCAInfo=${gitCertificateFile} push ${gitUrl}/git/policy.git HEAD:main`,
    '',
  ].join('\n');
}

/** What a validator needs in its environment to use the stage. */
export function environmentFor({ rekorPublicKeyFile, gitCertificateFile }: StageAddresses, kubeconfig?: string): Readonly<Record<string, string>> {
  const trusted = { SIGSTORE_REKOR_PUBLIC_KEY: rekorPublicKeyFile, SSL_CERT_FILE: gitCertificateFile, GIT_SSL_CAINFO: gitCertificateFile };
  return kubeconfig === undefined ? trusted : { ...trusted, KUBECONFIG: kubeconfig };
}
