# https://github.com/bazelbuild/bazel/issues/8327
# seen in: bazel 8327
# class: T3
# stands for the planted bug stat-then-open
@regression @issue-8327 @file-calls
Feature: Several builds with one repository cache: a file that was there a moment ago is not found

  The entry is looked at, then removed and written anew by somebody else, then opened.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: all entries are removed after the first one's look of the unpacked shared entry
    When 1 validator shares one warm cache and all entries are removed after the first one's look of the unpacked shared entry, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every validator reports what a serial run without cache reports
    And a later run on what is left comes out right
