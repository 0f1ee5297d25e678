# https://github.com/apptainer/singularity/issues/331
# seen in: singularity 331; zarf 813
# class: T2
# stands for the planted bug killed-writers-file-adopted
@regression @issue-331
Feature: A download that was stopped with Ctrl-C is taken for a finished one by the next run

  After an interrupted import the cache has a part of a layer, and every later build uses it.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: the first is killed when it has half of the shared layer
    When 2 validators share one cold cache and the first is killed when it has half of the shared layer, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every validator reports what a serial run without cache reports
    And a later run on what is left comes out right
