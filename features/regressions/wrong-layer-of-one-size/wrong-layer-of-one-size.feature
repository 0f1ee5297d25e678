# https://github.com/bazel-contrib/rules_oci/pull/596
# seen in: rules_oci pull request 596
# class: T20
# stands for the planted bug key-without-digest
@regression @issue-596
Feature: The manifest of one platform is found under the name of another document

  The name under which something is kept does not come from its content.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And an operator bundle image named "acceptance/bundle" whose layers have one size, signed and attested by the "known" key

  Scenario: an image whose layers have one size
    When 1 validator shares one cold cache, with "validate image --image ${REGISTRY}/acceptance/bundle --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every validator reports what a serial run without cache reports
    And a later run on what is left comes out right
