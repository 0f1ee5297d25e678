# METADATA
# title: What an operator bundle must not carry
package forbidden

import rego.v1

# METADATA
# title: The bundle binds no role for the whole cluster
# description: >-
#   A file that should be denied and is not seen, because the layer cache gave half a layer, makes this rule pass: the
#   silent kind of wrong.
# custom:
#   short_name: cluster_role_binding
deny contains result if {
	some path, file in object.get(input, ["image", "files"], {})
	file.kind == "ClusterRoleBinding"
	result := {
		"code": "forbidden.cluster_role_binding",
		"msg": sprintf("%s binds a role for the whole cluster", [path]),
	}
}
