# METADATA
# title: An image that has nothing to hide
package main

import rego.v1

# METADATA
# title: Acceptor
# description: Is never broken, so that a run can show a success.
# custom:
#   short_name: acceptor
deny contains result if {
	false
	result := {"code": "main.acceptor", "msg": "this can't happen"}
}
