// SPDX-License-Identifier: Apache-2.0
import type { SomeAddresses } from './stage.ts';

/** For a person at a prompt: where the services are that run, and the environment that a validator needs. */
export function describeStage(addresses: SomeAddresses, kubeconfig?: string): string {
  const { registryUrl, rekorUrl, gitUrl, policyApiUrl, gitCertificateFile } = addresses;
  const registry = registryUrl === undefined ? '' : new URL(registryUrl).host;
  const lines = (...each: readonly (readonly [string | undefined, string])[]): readonly string[] => each.flatMap(([address, text]) => (address === undefined ? [] : [text]));
  const environment = Object.entries(environmentFor(addresses, kubeconfig)).map(([name, value]) => `  export ${name}=${value}`);
  const tries = lines([registryUrl, `  curl ${registryUrl}/v2/_catalog`], [rekorUrl, `  curl ${rekorUrl}/api/v1/log`], [gitUrl, `  git -c http.sslCAInfo=${gitCertificateFile} push ${gitUrl}/git/policy.git HEAD:main`]);
  return [
    `stage (${addresses.launcher})`,
    ...lines(
      [registryUrl, `  registry     ${registryUrl}     images are named ${registry}/<repository>:<tag>`],
      [rekorUrl, `  Rekor log    ${rekorUrl}`],
      [gitUrl, `  git host     ${gitUrl}/git/<name>.git     a push makes the repository`],
      [policyApiUrl, `  policy API   ${policyApiUrl}`],
    ),
    '',
    ...(environment.length === 0 ? [] : ['environment for a validator', ...environment, '']),
    ...(tries.length === 0 ? [] : ['to try it', ...tries, '']),
  ].join('\n');
}

/** What a validator needs in its environment to use the stage. */
export function environmentFor({ rekorPublicKeyFile, gitCertificateFile }: SomeAddresses, kubeconfig?: string): Readonly<Record<string, string>> {
  return {
    ...(rekorPublicKeyFile === undefined ? {} : { SIGSTORE_REKOR_PUBLIC_KEY: rekorPublicKeyFile }),
    ...(gitCertificateFile === undefined ? {} : { SSL_CERT_FILE: gitCertificateFile, GIT_SSL_CAINFO: gitCertificateFile }),
    ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
  };
}
