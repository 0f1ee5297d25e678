# METADATA
# title: An image that is never good enough
package main

import rego.v1

# METADATA
# title: Rejector
# description: Is always broken, so that a run can show a violation.
# custom:
#   short_name: rejector
deny contains result if {
	result := {"code": "main.rejector", "msg": "Every image is rejected"}
}
