# https://github.com/google/go-containerregistry/issues/717
# seen in: go-containerregistry 717; NixOS/nix 4533
# class: T2
# stands for the planted bug broken-download-published
@regression @issue-717
Feature: The connection broke once, and since then every run ends before the layer does

  What had arrived until the connection broke stays in the cache under the layer's name. The next run finds it there.

  Background:
    Given a key pair named "known"
    And a git repository named "bundle-policy" with
      | main.rego | examples/bundle_files.rego |
    And policy configuration named "ec-policy" with specification
      """
      { "sources": [ { "policy": [ "git::https://${GITHOST}/git/bundle-policy.git" ] } ] }
      """
    And 2 operator bundle images named "acceptance/bundle" that share a layer, signed and attested by the "known" key

  Scenario: the first one's download is reset half-way
    When 2 validators share one cold cache and the first one's download is reset half-way, with "validate image --image ${REGISTRY}/acceptance/bundle-${PARTICIPANT} --policy acceptance/ec-policy --rekor-url ${REKOR} --public-key ${known_PUBLIC_KEY} --output json"
    Then every validator reports what a serial run without cache reports
    And a later run on what is left comes out right
