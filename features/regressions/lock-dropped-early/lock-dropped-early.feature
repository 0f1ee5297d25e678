# https://github.com/rust-lang/cargo/issues/6588
# seen in: cargo 6588
# class: T9
# stands for the planted bug lock-dropped-early
@regression @issue-6588
Feature: Two builds unpack the same archive at once although there is a lock

  The lock is held while it is looked whether somebody has to unpack, and not while it is done.

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
