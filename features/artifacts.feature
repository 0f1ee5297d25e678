Feature: artifacts, copies, and what was signed about something else

  What scenarios need besides an image and what was signed about it. Names may have a tag.

  Background:
    Given a key pair named "known"
    And a git repository named "happy-day-policy" with
      | main.rego | examples/happy_day.rego |
    And policy configuration named "happy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/happy-day-policy.git" ] } ] }
      """

  Scenario: a signature about another image is no signature
    Given an image named "acceptance/signed"
    And a valid image signature of "acceptance/signed" image signed by the "known" key
    And an image named "acceptance/pretender" with signature from "acceptance/signed"
    And a valid attestation of "acceptance/pretender" signed by the "known" key
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/pretender --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 1
    And the output should match the snapshot

  Scenario: an attestation about another image is no attestation
    Given an image named "acceptance/signed"
    And a valid attestation of "acceptance/signed" signed by the "known" key
    And an image named "acceptance/pretender" with attestation from "acceptance/signed"
    And a valid image signature of "acceptance/pretender" image signed by the "known" key
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/pretender --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 1
    And the output should match the snapshot

  Scenario: copies are as good as what they were made from
    Given an image named "acceptance/image:v1"
    And a valid image signature of "acceptance/image:v1" image signed by the "known" key
    And a valid attestation of "acceptance/image:v1" signed by the "known" key
    And all images relating to "acceptance/image" are copied to "elsewhere/image"
    When ec command is run with "validate image --image ${REGISTRY}/elsewhere/image:v1 --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 0
    And the output should match the snapshot

  Scenario: provenance of another type
    Given an image named "acceptance/image"
    And a valid image signature of "acceptance/image" image signed by the "known" key
    And a valid attestation of "acceptance/image" signed by the "known" key, patched with
      | [ { "op": "test", "path": "/subject/0/name", "value": "${REGISTRY}/acceptance/image" } ] |
      | [ { "op": "replace", "path": "/predicateType", "value": "https://example.com/provenance/v3" }, { "op": "remove", "path": "/predicate/metadata" } ] |
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 0
    And the output should match the snapshot

  Scenario: provenance that is about another image
    Given an image named "acceptance/image"
    And a valid image signature of "acceptance/image" image signed by the "known" key
    And a valid slsa v1 attestation of "acceptance/image" signed by the "known" key, patched with
      | { "op": "replace", "path": "/subject/0/digest/sha256", "value": "0000000000000000000000000000000000000000000000000000000000000000" } |
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 1
    And the output should match the snapshot

  Scenario: a file in a bundle, and a blob that only its digest tells of
    Given a OCI policy bundle named "acceptance/policy:v1" with
      | data/operator.yaml | examples/clusterserviceversion.yaml |
    And an OCI blob with content "spam" in the repo "acceptance/policy"
    Then registry image "acceptance/policy:v1" should contain a layer with
      """
      apiVersion: operators.coreos.com/v1alpha1
      kind: ClusterServiceVersion
      metadata:
        name: operator.v1.0.0

      """

  Scenario: tasks in a bundle are an image that nobody has signed
    Given a tekton bundle image named "acceptance/bundle:1.0" containing
      | Task     | task1     |
      | Task     | task2     |
      | Pipeline | pipeline1 |
    And all images relating to "acceptance/bundle:1.0" are copied to "elsewhere/bundle"
    When ec command is run with "validate image --image ${REGISTRY}/elsewhere/bundle:1.0 --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 1
    And the output should match the snapshot
