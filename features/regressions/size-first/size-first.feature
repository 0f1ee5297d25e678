# https://github.com/pypa/pip/issues/12361
# seen in: pip 12361
# class: T6
# stands for the planted bug size-published-first
@regression @issue-12361 @file-calls
Feature: In parallel installs a package is said to have the hash of an empty file

  What says that the entry is there is published before its content. A reader in between reads nothing, and takes that for the content.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: the first stands after its close of the unpacked shared entry
    When 2 validators share one cold cache and the first stands after its close of the unpacked shared entry, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every validator reports what a serial run without cache reports
    And a later run on what is left comes out right
