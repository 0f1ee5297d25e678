Feature: several processes on one layer cache

  A validator keeps the layers that it downloads in a folder. Several processes share that folder, as parallel
  pipeline tasks on one machine do. Whatever their timing, each must report what it would report alone.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 3 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: cold cache, all ask for the shared layer before any is answered
    When 3 ec commands are run in parallel, all held at the shared layer, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --show-successes --output json"
    Then every exit status should be 0
    And the runs should have overlapped
    And every layer should have been read through the cache
    And the cache should be intact
    And every outcome should equal that of a run alone without cache
    And each output should match the snapshot

  Scenario: cold cache, all validate the same image
    When 3 ec commands are run in parallel, all held at the shared layer, with "validate image --image ${REGISTRY}/acceptance/bundle-1 --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every exit status should be 0
    And the runs should have overlapped
    And the cache should be intact
    And every outcome should equal that of a run alone without cache

  Scenario: cold cache, one has half of the shared layer when the others begin
    When 3 ec commands are run in parallel, the first held when it has half of the shared layer, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every exit status should be 0
    And the runs should have overlapped
    And every layer should have been read through the cache
    And the cache should be intact
    And every outcome should equal that of a run alone without cache

  Scenario: warm cache
    When ec command is run with "validate image --json-input {"components":[{"name":"A","containerImage":"${REGISTRY}/acceptance/bundle-1"},{"name":"B","containerImage":"${REGISTRY}/acceptance/bundle-2"},{"name":"C","containerImage":"${REGISTRY}/acceptance/bundle-3"}]} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 0
    When 3 ec commands are run in parallel, all held at their first request, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every exit status should be 0
    And the runs should have overlapped
    And every layer should have been read through the cache
    And no layer should have been fetched
    And the cache should be intact
    And every outcome should equal that of a run alone without cache

  Scenario: half-filled cache, the shared layer is there and their own ones are not
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/bundle-3 --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 0
    When 2 ec commands are run in parallel, all held at a layer of their own, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every exit status should be 0
    And the runs should have overlapped
    And every layer should have been read through the cache
    And the cache should be intact
    And every outcome should equal that of a run alone without cache
