# https://github.com/helmfile/helmfile/pull/2301
# seen in: helmfile pull request 2301; sprocket pull request 1089
# class: T19
# stands for the planted bug no-single-flight
@regression @issue-2301
Feature: One chart is fetched more than fifty times in a single run

  Every file that needs it asks for it, at the same time as all others.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: all ask for the shared layer before any is answered
    When 2 validators share one cold cache and all ask for the shared layer before any is answered, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then the shared layer was fetched once
    And a later run on what is left comes out right
