# seen in: review of conforma/cli pull request 3150; zarf 5304; filesystem_spec 639; helm 7600
# class: T1
# stands for the planted bug in-place-write
@regression
Feature: Sometimes, with several components, a valid image is rejected: it misses a ClusterServiceVersion

  Four pipelines validate at the same time on one machine, and share the cache. Now and then one of them says that an operator bundle misses its ClusterServiceVersion. Run again, it passes.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: the first is held when it has half of the shared layer
    When 2 validators share one cold cache and the first is held when it has half of the shared layer, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every validator reports what a serial run without cache reports
    And no cache entry was ever visible half-written
    And a later run on what is left comes out right
