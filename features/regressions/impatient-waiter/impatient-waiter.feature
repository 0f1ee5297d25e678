# https://github.com/sigstore/cosign/issues/2576
# seen in: cosign 2576; trivy pull request 9307
# class: T12
# stands for the planted bug impatient-waiter
@regression @issue-2576
Feature: Several verifications that start together: some fail as a resource is temporarily unavailable

  The first one initialises a store under a lock; the others do not wait for it, they fail.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: the first is held when it has half of the shared layer for longer than anybody likes to wait
    When 2 validators share one cold cache and the first is held when it has half of the shared layer for longer than anybody likes to wait, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every validator reports what a serial run without cache reports
    And a later run on what is left comes out right
