# https://github.com/anchore/grype/issues/2023
# seen in: grype 2023
# class: T7
# stands for the planted bug delete-then-rename
@regression @issue-2023 @file-calls
Feature: The first scans of a new machine run in parallel, and one of them has no valid database

  The folder is deleted and then put in place again. Who opens it in between does not find it.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 3 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: under the schedule late-writer/look-1-tar/remove-1-tar
    When 3 validators meet under the schedule "late-writer/look-1-tar/remove-1-tar", with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every validator reports what a serial run without cache reports
    And a later run on what is left comes out right
