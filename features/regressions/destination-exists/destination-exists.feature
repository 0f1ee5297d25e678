# https://github.com/GoogleContainerTools/jib/issues/1273
# seen in: jib 1273; pacto pull request 366
# class: T3
# stands for the planted bug publish-refuses-existing
@regression @issue-1273
Feature: Dozens of builds in parallel: one fails as the layer is there already

  Each build downloads into a place of its own and then moves the result to its final name. Who comes second can't, and takes that for an error.

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
