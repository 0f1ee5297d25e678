# https://github.com/GoogleContainerTools/jib/issues/2318
# seen in: jib 2318
# class: T15
# stands for the planted bug temporary-on-another-disk
@regression @issue-2318 @file-calls
Feature: With temporary files on another disk, a reader finds a layer that is not there as a whole

  Moving a file to another file system copies it, and the copy has its final name from the first byte on.

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
    And no cache entry was ever visible half-written
    And a later run on what is left comes out right
