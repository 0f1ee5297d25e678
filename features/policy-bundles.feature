Feature: policies that lie in a registry

  A policy source may be a bundle as `conftest push` and `oras push` make it: its files are layers with titles.

  Background:
    Given a key pair named "known"
    And an image named "acceptance/image"
    And a valid image signature of "acceptance/image" image signed by the "known" key
    And a valid attestation of "acceptance/image" signed by the "known" key

  Scenario: a bundle is found by its tag
    Given a OCI policy bundle named "acceptance/policy:v1" with
      | policy/main.rego             | examples/happy_day.rego             |
      | policy/main.wasm             | examples/happy_day.wasm             |
      | policy/main.annotations.json | examples/happy_day.annotations.json |
    And policy configuration named "bundled" with specification
      """
      { "sources": [ { "policy": [ "oci::${REGISTRY}/acceptance/policy:v1" ] } ] }
      """
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/bundled --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --show-successes --output json"
    Then the exit status should be 0
    And the output should match the snapshot

  Scenario: a bundle is found by its digest, and it is that one
    Given a OCI policy bundle named "acceptance/policy:v1" with
      | main.rego             | examples/reject.rego             |
      | main.wasm             | examples/reject.wasm             |
      | main.annotations.json | examples/reject.annotations.json |
    And policy configuration named "pinned" with specification
      """
      { "sources": [ { "policy": [ "oci::${REGISTRY}/acceptance/policy@sha256:${REGISTRY_acceptance/policy:v1_DIGEST}" ] } ] }
      """
    And a OCI policy bundle named "acceptance/policy:v1" with
      | main.rego             | examples/happy_day.rego             |
      | main.wasm             | examples/happy_day.wasm             |
      | main.annotations.json | examples/happy_day.annotations.json |
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/pinned --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 1
    And the output should match the snapshot

  Scenario: a bundle that is not there
    Given policy configuration named "missing" with specification
      """
      { "sources": [ { "policy": [ "oci::${REGISTRY}/acceptance/nowhere:v1" ] } ] }
      """
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/missing --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 1
    And the output should match the snapshot

  Scenario: a digest that no bundle has
    Given a OCI policy bundle named "acceptance/policy:v1" with
      | main.rego | examples/happy_day.rego |
    And policy configuration named "wrong" with specification
      """
      { "sources": [ { "policy": [ "oci::${REGISTRY}/acceptance/policy@sha256:0000000000000000000000000000000000000000000000000000000000000000" ] } ] }
      """
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/wrong --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 1
    And the output should match the snapshot

  Scenario: a bundle and a repository
    Given a OCI policy bundle named "acceptance/policy" with
      | main.rego             | examples/happy_day.rego             |
      | main.wasm             | examples/happy_day.wasm             |
      | main.annotations.json | examples/happy_day.annotations.json |
    And a git repository named "warnings" with
      | main.rego | examples/warn.rego |
    And policy configuration named "both" with specification
      """
      { "sources": [ { "policy": [ "oci::${REGISTRY}/acceptance/policy", "git::https://${GITHOST}/git/warnings.git" ] } ] }
      """
    When 3 ec commands are run in parallel, all held at their first request, with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/both --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every validator reports what a serial run without cache reports
