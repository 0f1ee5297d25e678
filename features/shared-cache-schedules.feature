Feature: where one of several validators stands while the others go on

  A cache race needs one process at the wrong place while another one goes on. These scenarios put it there, and
  look at what all of them report, at what lies in the cache meanwhile, and at what a later run makes of it.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """

  Rule: several processes

    Background:
      Given 3 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

    Scenario: the first has got one byte
      Given 8 operator bundle images named "acceptance/many" that share a layer, signed and attested by the "known" key
      When 8 validators share one cold cache and the first is held after 1 byte of the shared layer, with "validate image --image ${REGISTRY}/acceptance/many-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then no cache entry was ever visible half-written
      And every validator reports what a serial run without cache reports
      And the shared layer was fetched once
      And no validator hangs
      And a later run on what is left comes out right

    Scenario: nobody has got anything
      When 3 validators share one cold cache and all ask for the shared layer before any is answered, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then every validator reports what a serial run without cache reports
      And no cache entry was ever visible half-written
      And the shared layer was fetched once

    Scenario: the first is so slow that the others lose patience
      When 2 validators share one cold cache and the first is held after 70000 bytes of the shared layer for longer than anybody likes to wait, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then every validator reports what a serial run without cache reports
      And the shared layer was fetched once

    Scenario: two write the same entry
      When 2 validators share one cold cache and all write the shared layer at once, the first ahead, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then every validator reports what a serial run without cache reports
      And no cache entry was ever visible half-written

    Scenario: the first is killed
      When 3 validators share one cold cache and the first is killed when it has half of the shared layer, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then no validator hangs
      And every validator reports what a serial run without cache reports
      And no cache entry was ever visible half-written
      And a later run on what is left comes out right

    Scenario: the registry is busy when the first one asks
      When 2 validators share one cold cache and the first one's download fails with status 503, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then the failure is told
      And every validator reports what a serial run without cache reports
      And a later run on what is left comes out right

    Scenario Outline: the download of the first one <fails>
      When 2 validators share one cold cache and the first one's download <fails> half-way, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then the failure is told
      And no validator hangs
      And every validator reports what a serial run without cache reports
      And no cache entry was ever visible half-written
      And a later run on what is left comes out right

      Examples:
        | fails            |
        | is reset         |
        | ends early       |
        | has a wrong byte |

    Scenario: the download of the first one pauses
      When 2 validators share one cold cache and the first one's download pauses half-way, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then every validator reports what a serial run without cache reports
      And the shared layer was fetched once

    Scenario: the first one downloads what nobody else needs
      When 3 validators share one half-filled cache and the first is held when it has half of a layer of its own, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then nobody waits for the first one
      And every validator reports what a serial run without cache reports

    Scenario Outline: <entries> entries from before
      When 2 validators share one cache with <entries> entries, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then every validator reports what a serial run without cache reports
      And a later run on what is left comes out right

      Examples:
        | entries   |
        | truncated |
        | altered   |
        | empty     |

    Scenario: something that is no file where entries should be
      When 1 validator shares one cache with folders for entries, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then every validator reports what a serial run without cache reports
      And the trouble with the cache is told

    @file-calls
    Scenario Outline: the first stands after its <call> of an entry
      When 2 validators share one cold cache and the first stands after its <call> of the <which> entry, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then every validator reports what a serial run without cache reports
      And no cache entry was ever visible half-written
      And a later run on what is left comes out right

      Examples:
        | call   | which           |
        | close  | unpacked shared |
        | rename | shared          |

    @file-calls
    Scenario: the first mends a damaged entry
      When 2 validators share one damaged cache and the first stands after its rename of the shared entry, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then every validator reports what a serial run without cache reports
      And a later run on what is left comes out right

    @file-calls
    Scenario: somebody makes room while the first one reads
      When 1 validator shares one warm cache and all entries are removed after the first one's look of the unpacked shared entry, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then every validator reports what a serial run without cache reports
      And a later run on what is left comes out right

    @file-calls
    Scenario: the disk is full for the first one
      When 2 validators share one cold cache and the disk is full for the first one from the middle of the shared layer on, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then every validator reports what a serial run without cache reports
      And the trouble with the cache is told
      And a later run on what is left comes out right

  Rule: several components of one process

    Background:
      Given 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

    Scenario: the first has half of the layer when the other one begins
      When 2 components of one validator share one cold cache and the first is held when it has half of the shared layer, with "validate image --json-input {"components":[{"name":"A","containerImage":"${REGISTRY}/acceptance/bundle-1"},{"name":"B","containerImage":"${REGISTRY}/acceptance/bundle-2"}]} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then every validator reports what a serial run without cache reports
      And the shared layer was fetched once

    Scenario: the one download that both wait for breaks
      When 2 components of one validator share one cold cache and the download is reset before the last byte of the shared layer, with "validate image --json-input {"components":[{"name":"A","containerImage":"${REGISTRY}/acceptance/bundle-1"},{"name":"B","containerImage":"${REGISTRY}/acceptance/bundle-2"}]} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then the failure is told
      And no validator hangs
      And a later run on what is left comes out right

    Scenario: the download of the first one breaks before the other one begins
      When 2 components of one validator share one cold cache and the first one's download is reset before the others begin, with "validate image --json-input {"components":[{"name":"A","containerImage":"${REGISTRY}/acceptance/bundle-1"},{"name":"B","containerImage":"${REGISTRY}/acceptance/bundle-2"}]} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
      Then the failure is told
      And the layer whose download failed is asked for again
