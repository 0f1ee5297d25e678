# METADATA
# title: What an operator bundle has to carry
package manifests

import rego.v1

# METADATA
# title: The operator is described
# description: >-
#   A ClusterServiceVersion lies in the bundle's manifests folder. The rule reads files out of the image's layers, so it
#   sees what the layer cache gave.
# custom:
#   short_name: missing
deny contains result if {
	files := object.get(input, ["image", "files"], {})
	kinds := {file.kind | some file in files}
	not "ClusterServiceVersion" in kinds
	result := {
		"code": "manifests.missing",
		"msg": sprintf("No ClusterServiceVersion among %d files of the bundle", [count(files)]),
	}
}
