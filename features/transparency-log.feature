Feature: the transparency log

  A signature counts when it is in the log. A validator that gets no proof beside the signature has to ask the log;
  a log that fails then must end in a report that says so, never in an approval.

  Background:
    Given a key pair named "known"
    And an image named "acceptance/image"
    And a git repository named "happy-day-policy" with
      | main.rego | examples/happy_day.rego |
    And policy configuration named "happy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/happy-day-policy.git" ] } ] }
      """
    And an image signature of "acceptance/image" signed by the "known" key that only the log knows
    And an attestation of "acceptance/image" signed by the "known" key that only the log knows

  Scenario: several processes ask the log, which keeps everything
    When 3 ec commands are run in parallel, all held at their first request, with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every exit status should be 0
    And the runs should have overlapped
    And every outcome should equal that of a run alone without cache
    And the log is consistent

  Scenario: the log answers with an error
    Given a log that answers with status 500
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 1
    And the standard output should contain
      """
      the log answered 500
      """

  Scenario: the log is slow
    Given a log that answers after 700 milliseconds
    When ec command is run with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the exit status should be 0
    And the log is consistent

  Scenario: the log goes down while several processes ask it
    Given a log that goes down after 2 requests
    When 3 ec commands are run in parallel, all held at their first request, with "validate image --image ${REGISTRY}/acceptance/image --policy acceptance/happy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the runs should have overlapped
    And some should fail and say "/api/v1/log/entries/retrieve", the others should succeed
    And the log is consistent
