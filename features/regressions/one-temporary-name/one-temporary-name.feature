# https://github.com/apache/maven/issues/8905
# seen in: maven 8905; WendyOS pull request 1097
# class: T4
# stands for the planted bug shared-temporary-name
@regression @issue-8905
Feature: Parallel builds on one local repository: a file ends in the middle, or has a hole

  Two downloads write into one unfinished file, and one of them declares it finished.

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
