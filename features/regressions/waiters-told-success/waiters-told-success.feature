# https://github.com/redis/rueidis/pull/1014
# seen in: rueidis pull request 1014
# class: T13
# stands for the planted bug waiters-told-success
@regression @issue-1014
Feature: A shared request failed, and those who waited for it were told that it was well

  They go on with what is not there, and the result is wrong in silence.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: the download is reset before the last byte of the shared layer
    When 2 components of one validator share one cold cache and the download is reset before the last byte of the shared layer, with "validate image --json-input {"components":[{"name":"1","containerImage":"${REGISTRY}/acceptance/bundle-1"},{"name":"2","containerImage":"${REGISTRY}/acceptance/bundle-2"}]} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the failure is told
    And a later run on what is left comes out right
