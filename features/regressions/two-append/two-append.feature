# https://github.com/huggingface/huggingface_hub/pull/4306
# seen in: huggingface_hub pull request 4306
# class: T17
# stands for the planted bug append-after-publish
@regression @issue-4306
Feature: On network storage a file goes on growing after it was published

  Locks do nothing there. A slow process still has the unfinished file open that a quicker one has given its final name, and appends to it.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: all write the shared layer at once, the first ahead
    When 2 validators share one cold cache and all write the shared layer at once, the first ahead, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the shared layer was fetched once
    And a later run on what is left comes out right
