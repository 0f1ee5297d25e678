# https://github.com/rust-lang/cargo/issues/11376
# seen in: cargo 11376
# class: T10
# stands for the planted bug lock-outside-the-cache
@regression @issue-11376
Feature: In containers that share a part of the home folder, extraction fails as if there were no lock

  The lock lies in a folder that is not shared; what it protects lies in one that is.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: the first is held when it has half of the shared layer for longer than anybody likes to wait
    When 2 validators share one cold cache and the first is held when it has half of the shared layer for longer than anybody likes to wait, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every validator reports what a serial run without cache reports
    And the shared layer was fetched once
    And a later run on what is left comes out right
