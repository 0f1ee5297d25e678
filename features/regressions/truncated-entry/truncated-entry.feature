# https://github.com/google/go-containerregistry/issues/1119
# seen in: go-containerregistry 1119
# class: T14
# stands for the planted bug no-verification
@regression @issue-1119
Feature: An entry of the layer cache that was damaged is used as it is

  The archive that comes out is shorter than the layer, and the command says nothing.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: one cache with truncated entries
    When 1 validator shares one cache with truncated entries, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every validator reports what a serial run without cache reports
    And a later run on what is left comes out right
