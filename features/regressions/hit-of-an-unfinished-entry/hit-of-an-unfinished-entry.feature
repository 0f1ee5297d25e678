# https://github.com/conforma/cli/issues/1109
# seen in: conforma/cli 1109
# class: T1
# stands for the planted bug hits-bypass-flight
@regression @issue-1109
Feature: An application of several images that share layers fails at random, with something missing that is there

  With many components in one validation, checks say now and then that manifests are missing. With the layer cache switched off they never do.

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
    When 2 components of one validator share one cold cache and the first is held when it has half of the shared layer, with "validate image --json-input {"components":[{"name":"1","containerImage":"${REGISTRY}/acceptance/bundle-1"},{"name":"2","containerImage":"${REGISTRY}/acceptance/bundle-2"}]} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every validator reports what a serial run without cache reports
    And no cache entry was ever visible half-written
    And a later run on what is left comes out right
