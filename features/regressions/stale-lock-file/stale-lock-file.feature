# seen in: modelscope 1778; puppeteer 14417
# class: T11
# stands for the planted bug stale-lock-file
@regression
Feature: After a job was cancelled, every later one hangs for ever

  A pipeline was cancelled while it validated. Since then everything that uses the cache on that machine stands still, until somebody removes the cache.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: the first is killed when it has half of the shared layer
    When 2 validators share one cold cache and the first is killed when it has half of the shared layer, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then no validator hangs
    And every validator reports what a serial run without cache reports
    And a later run on what is left comes out right
