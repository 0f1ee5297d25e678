# https://github.com/containers/image/issues/1028
# seen in: containers/image 1028
# class: T5
# stands for the planted bug index-changed-without-lock
@regression @issue-1028 @file-calls
Feature: Of three copies to one folder, one is missing in the list

  Every copy succeeds; later the tag of one of them is unknown.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: under the schedule leader-follower/close-4-folder/1
    When 2 validators meet under the schedule "leader-follower/close-4-folder/1", with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the shared layer was fetched once
    And a later run on what is left comes out right
    And a later run on what is left fetches nothing
