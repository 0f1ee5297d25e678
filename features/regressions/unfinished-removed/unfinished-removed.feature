# https://github.com/stefanprodan/timoni/pull/567
# seen in: timoni pull request 567
# class: T8
# stands for the planted bug removes-others-unfinished
@regression @issue-567
Feature: A process that tidies up removes the unfinished file of another one

  > When a fetch begins, leftovers of earlier ones are deleted; what another process is writing at the time looks the same. That process then fails, as its file is not there any more.

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
    And the shared layer was fetched once
    And a later run on what is left comes out right
