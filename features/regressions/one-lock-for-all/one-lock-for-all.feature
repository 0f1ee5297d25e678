# seen in: nbc pull request 127; containerd 8790
# class: T12
# stands for the planted bug one-lock-for-all
@regression
Feature: During a long pull even commands that need nothing of it stand still

  One lock for the whole cache is held as long as the network takes.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: the first is held when it has half of a layer of its own
    When 2 validators share one cold cache and the first is held when it has half of a layer of its own, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then nobody waits for the first one
    And a later run on what is left comes out right
