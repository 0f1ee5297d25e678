# https://github.com/DanEngelbrecht/golongtail/issues/237
# seen in: golongtail 237; review of conforma/cli pull request 3150
# class: T14
# stands for the planted bug write-error-ignored
@regression @issue-237 @file-calls
Feature: The disk was full for a while, and since then files are empty or cut off

  Writing failed, nobody looked, and the file was given its name.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: the disk is full for the first one from the middle of the shared layer on
    When 2 validators share one cold cache and the disk is full for the first one from the middle of the shared layer on, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every validator reports what a serial run without cache reports
    And a later run on what is left comes out right
