# https://github.com/osscontainertools/kaniko/issues/775
# seen in: osscontainertools/kaniko 775
# class: T13
# stands for the planted bug waiters-never-told
@regression @issue-775
Feature: All workers of a build sleep, and nothing happens any more

  They wait for a layer that another one is getting. That one has ended without telling them.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: the download is reset half-way
    When 2 components of one validator share one cold cache and the download is reset half-way, with "validate image --json-input {"components":[{"name":"1","containerImage":"${REGISTRY}/acceptance/bundle-1"},{"name":"2","containerImage":"${REGISTRY}/acceptance/bundle-2"}]} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then no validator hangs
    And a later run on what is left comes out right
