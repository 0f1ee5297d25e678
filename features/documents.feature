Feature: documents, labels and files

  What scenarios hand to a validator, and what they look at afterwards.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """

  Scenario: an image becomes an operator bundle by a label, its manifest comes in an uncompressed layer
    Given an image named "acceptance/operator" containing a layer with:
      | manifests/operator.clusterserviceversion.yaml | examples/clusterserviceversion.yaml |
    And the image "acceptance/operator" has labels:
      | operators.operatorframework.io.bundle.manifests.v1 | manifests/ |
    And a valid image signature of "acceptance/operator" image signed by the "known" key
    And a valid attestation of "acceptance/operator" signed by the "known" key
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/operator --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --show-successes --output json=report.json"
    Then the exit status should be 0
    And every layer should have been read through the cache
    And the "report.json" file should match the snapshot

  Scenario: without the label no layer is read, and the policy misses nothing
    Given an image named "acceptance/operator" containing a layer with:
      | manifests/operator.clusterserviceversion.yaml | examples/clusterserviceversion.yaml |
    And a valid image signature of "acceptance/operator" image signed by the "known" key
    And a valid attestation of "acceptance/operator" signed by the "known" key
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/operator --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the cache should be empty
    And the output should match the snapshot

  Scenario: components in a file, the report in words
    Given an image named "acceptance/image"
    And a valid image signature of "acceptance/image" image signed by the "known" key
    And a valid attestation of "acceptance/image" signed by the "known" key
    And a git repository named "happy-day-policy" with
      | main.rego | examples/happy_day.rego |
    And a file named "components.json" containing
      """
      { "components": [ { "name": "only", "containerImage": "${REGISTRY}/acceptance/image@sha256:${REGISTRY_acceptance/image:latest_DIGEST}" } ] }
      """
    And a file named "${TMPDIR}/policy.yaml" containing
      """
      sources:
        - policy:
            - git::https://${GITHOST}/git/happy-day-policy.git?ref=${LATEST_COMMIT}
      """
    When ec command is run with "validate image --file-path components.json --policy ${TMPDIR}/policy.yaml --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output text --output json=${TMPDIR}/report.json"
    Then the exit status should be 0
    And the standard output should contain
      """
      Result: SUCCESS
      """
    And the "${TMPDIR}/report.json" file should match the snapshot

  Scenario: what the reference can not do is one clear error
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/missing --public-key ${known_PUBLIC_KEY}"
    Then the exit status should be 1
    And the standard error should contain
      """
      Error: .*missing.*
      """
