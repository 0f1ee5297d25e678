# https://github.com/gomods/athens/pull/2050
# seen in: gomods/athens pull request 2050
# class: T18
# stands for the planted bug stream-handed-to-all
@regression @issue-2050
Feature: Several requests for one module that is not kept yet leave it damaged

  They share one fetch, and with it the one stream that it returns: each of them reads some of it. What is kept is wrong from then on.

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
    And a later run on what is left comes out right
