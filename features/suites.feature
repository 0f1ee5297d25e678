Feature: words of suites for validators

  What feature files for a validator say besides: a log that was told what to answer, a root of trust, files of other kinds.

  Background:
    Given a key pair named "known"
    And an image named "acceptance/image"
    And a git repository named "happy-day-policy" with
      | main.rego | examples/happy_day.rego |
    And policy configuration named "happy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/happy-day-policy.git" ] } ] }
      """

  Scenario: the log has lost its entries, and a signature that only the log knows is worth nothing
    Given an image signature of "acceptance/image" signed by the "known" key that only the log knows
    And an attestation of "acceptance/image" signed by the "known" key that only the log knows
    And rekor entries are cleared
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 1
    And the standard output should contain
      """
      the log answered 404
      """

  Scenario: with the log's promise beside it nobody asks the log, whatever that was told
    Given stub tuf running
    And a valid image signature of "acceptance/image" image signed by the "known" key
    And a valid attestation of "acceptance/image" signed by the "known" key
    And rekor entries are cleared
    And VSA index search should return valid VSA
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 0
    And the log is consistent

  Scenario: files whose variables are known here, or are the pipeline's own
    Given a track bundle file named "track.yaml" containing
      """
      trusted_tasks:
        oci://${REGISTRY}/acceptance/bundle:tag:
          - ref: sha256:${REGISTRY_acceptance/image:latest_DIGEST}
            expires_on: "${TODAY_PLUS_30_DAYS}"
      """
    And a pipeline definition file named "${TMPDIR}/pipeline.json" containing
      """
      { "params": [ "${nobody knows this here}", "$(params.image)" ] }
      """
    When ec command is run with "version"
    Then the exit status should be 0
    And the output should match the snapshot
    And the "track.yaml" file should match the snapshot
    And the "${TMPDIR}/pipeline.json" file should match the snapshot
