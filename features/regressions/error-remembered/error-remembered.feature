# https://github.com/docker/docker-agent/pull/3206
# seen in: docker-agent pull request 3206
# class: T13
# stands for the planted bug error-remembered
@regression @issue-3206
Feature: One request failed, and until the end of the program every further one gets the same error

  The failure is kept where results are kept.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: the first one's download is reset before the others begin
    When 2 components of one validator share one cold cache and the first one's download is reset before the others begin, with "validate image --json-input {"components":[{"name":"1","containerImage":"${REGISTRY}/acceptance/bundle-1"},{"name":"2","containerImage":"${REGISTRY}/acceptance/bundle-2"}]} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the layer whose download failed is asked for again
    And a later run on what is left comes out right
