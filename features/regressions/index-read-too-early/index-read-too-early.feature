# https://github.com/google/go-containerregistry/issues/849
# seen in: go-containerregistry 849; oras 149
# class: T5
# stands for the planted bug index-read-before-download
@regression @issue-849
Feature: Something that was just appended to a layout is missing, without an error

  Two processes change the index of one folder. The one that writes last wins with what it had read before.

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
    Then the shared layer was fetched once
    And a later run on what is left comes out right
    And a later run on what is left fetches nothing
