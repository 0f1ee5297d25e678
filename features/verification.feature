Feature: what a validator must refuse

  A cache bug can turn a refusal into an approval. These scenarios fix what the refusals look like.

  Background:
    Given a key pair named "known"
    And an image named "acceptance/image"
    And a git repository named "happy-day-policy" with
      | main.rego | examples/happy_day.rego |
    And a git repository named "reject-policy" with
      | main.rego | examples/reject.rego |
    And policy configuration named "happy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/happy-day-policy.git" ] } ] }
      """
    And policy configuration named "reject" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/reject-policy.git" ] } ] }
      """

  Scenario: a signature made by another key
    Given a key pair named "unknown"
    And a valid image signature of "acceptance/image" image signed by the "unknown" key
    And a valid attestation of "acceptance/image" signed by the "known" key
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 1
    And the output should match the snapshot

  Scenario: no attestation
    Given a valid image signature of "acceptance/image" image signed by the "known" key
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 1
    And the output should match the snapshot

  Scenario: a signature that is not in the log
    Given an image signature of "acceptance/image" signed by the "known" key that was never logged
    And a valid attestation of "acceptance/image" signed by the "known" key
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 1
    And the output should match the snapshot

  Scenario: a policy that fails
    Given a valid image signature of "acceptance/image" image signed by the "known" key
    And a valid attestation of "acceptance/image" signed by the "known" key
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/reject --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 1
    And the output should match the snapshot

  Scenario: the log is asked when the bundle annotation is missing
    Given an image signature of "acceptance/image" signed by the "known" key that only the log knows
    And an attestation of "acceptance/image" signed by the "known" key that only the log knows
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 0
    And the output should match the snapshot

  Scenario: provenance in its newer form
    Given a valid image signature of "acceptance/image" image signed by the "known" key
    And a valid slsa v1 attestation of "acceptance/image" signed by the "known" key
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 0
    And the output should match the snapshot
