Feature: several components of one process on one layer cache

  One validator is given several images. Its workers share one cache, and meet where the images share a layer.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 3 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: cold cache, different images that share a layer
    When ec command is run, its first layer held until all components are under way, with "validate image --json-input {"components":[{"name":"A","containerImage":"${REGISTRY}/acceptance/bundle-1"},{"name":"B","containerImage":"${REGISTRY}/acceptance/bundle-2"},{"name":"C","containerImage":"${REGISTRY}/acceptance/bundle-3"}]} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --show-successes --output json"
    Then the exit status should be 0
    And the runs should have overlapped
    And every layer should have been read through the cache
    And each layer should have been fetched once
    And the cache should be intact
    And every outcome should equal that of a run alone without cache
    And the output should match the snapshot

  Scenario: half-filled cache, one image was validated before
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/bundle-2 --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 0
    When ec command is run, its first layer held until all components are under way, with "validate image --json-input {"components":[{"name":"A","containerImage":"${REGISTRY}/acceptance/bundle-1"},{"name":"B","containerImage":"${REGISTRY}/acceptance/bundle-2"},{"name":"C","containerImage":"${REGISTRY}/acceptance/bundle-3"}]} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 0
    And the runs should have overlapped
    And every layer should have been read through the cache
    And the cache should be intact
    And every outcome should equal that of a run alone without cache

  Scenario: warm cache, every image was validated before
    When ec command is run with "validate image --json-input {"components":[{"name":"A","containerImage":"${REGISTRY}/acceptance/bundle-1"},{"name":"B","containerImage":"${REGISTRY}/acceptance/bundle-2"},{"name":"C","containerImage":"${REGISTRY}/acceptance/bundle-3"}]} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 0
    When ec command is run with "validate image --json-input {"components":[{"name":"A","containerImage":"${REGISTRY}/acceptance/bundle-1"},{"name":"B","containerImage":"${REGISTRY}/acceptance/bundle-2"},{"name":"C","containerImage":"${REGISTRY}/acceptance/bundle-3"}]} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 0
    And every layer should have been read through the cache
    And no layer should have been fetched
    And the cache should be intact
    And every outcome should equal that of a run alone without cache

  Scenario: the cache is switched off
    Given the environment variable is set "EC_CACHE=false"
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/bundle-1 --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 0
    And the cache should be empty
